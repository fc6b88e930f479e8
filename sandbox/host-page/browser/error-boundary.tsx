/** Around the tabs of ordinary resources only: Argo CD has none around Application tabs, views and status items. */
import * as React from 'react';

interface BoundaryState {
  message: string | undefined;
}

export class ErrorBoundary extends React.Component<{ children: React.ReactNode }, BoundaryState> {
  override state: BoundaryState = { message: undefined };

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { message: String(error) };
  }

  override render(): React.ReactNode {
    if (this.state.message === undefined) return this.props.children;
    return <p className="host-note">Something went wrong: {this.state.message}</p>;
  }
}
