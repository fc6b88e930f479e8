/** The extension's entry: registers what this Argo CD can show. Loaded once, before the host's first page. */
import { registered } from './components/boundary.tsx';
import { StageFlyout, StagesTab } from './components/stages-tab.tsx';
import { StatusItem } from './components/status-item.tsx';

const api = window.extensionsAPI;
api?.registerResourceExtension?.(registered(StagesTab), 'argoproj.io', 'Application', 'Stages', {
  // The older of its two names: Argo CD's Font Awesome 5 and 6 both know it.
  icon: 'fa-project-diagram',
});
api?.registerStatusPanelExtension?.(
  registered(StatusItem),
  'Delivery',
  'stageline-delivery',
  registered(StageFlyout),
);
