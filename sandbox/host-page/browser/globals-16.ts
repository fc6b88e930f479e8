/** React 16.14 as Argo CD up to 3.4 has it: ReactDOM whole, and no JSX runtime. */
import * as React from 'react16';
import * as ReactDOM from 'react-dom16';
import { provide } from './host-globals.ts';
import { moment } from './moment.ts';

provide({
  React,
  ReactDOM,
  Moment: moment,
  standInRender: (element, container) => ReactDOM.render(element, container),
});
