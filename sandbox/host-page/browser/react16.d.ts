/** The npm aliases of React 16.14; the types are those of the newer React where this page uses them. */
declare module 'react16' {
  import React = require('react');

  export = React;
}
declare module 'react-dom16' {
  import type { ReactElement } from 'react';

  export { createPortal } from 'react-dom';
  export function render(element: ReactElement, container: Element): void;
}
