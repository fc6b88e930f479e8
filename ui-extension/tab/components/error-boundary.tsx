/** Keeps a fault of ours inside our own part of the page: the host has no boundary around application tabs. */
import * as React from 'react';

interface BoundaryProps {
  /** What is shown instead; without it nothing is. */
  fallback?: (reason: string, retry: () => void) => React.ReactNode;
  children: React.ReactNode;
}

export class ErrorBoundary extends React.Component<BoundaryProps, { reason: string | undefined }> {
  override state: { reason: string | undefined } = { reason: undefined };

  static getDerivedStateFromError(error: unknown): { reason: string } {
    return { reason: error instanceof Error ? error.message : String(error) };
  }

  override render(): React.ReactNode {
    const { reason } = this.state;
    if (reason === undefined) return this.props.children;
    return this.props.fallback?.(reason, () => this.setState({ reason: undefined })) ?? null;
  }
}
