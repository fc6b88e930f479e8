/** React 19 as Argo CD from 3.5 on has it: ReactDOM without roots, and the JSX runtime beside it. */
import * as React from 'react';
import { createPortal, flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import * as jsxRuntime from 'react/jsx-runtime';
import { provide } from './host-globals.ts';
import { moment } from './moment.ts';

const roots = new WeakMap<Element, Root>();
const ReactDOM = { createPortal, flushSync, version: React.version };

provide({
  React,
  ReactDOM,
  Moment: moment,
  standInRender(element, container) {
    const root = roots.get(container) ?? createRoot(container);
    roots.set(container, root);
    root.render(element);
  },
});
window.ReactJSXRuntime = jsxRuntime;
