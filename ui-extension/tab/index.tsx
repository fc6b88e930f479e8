/** The extension's entry: registers what this Argo CD can show. Loaded once, before the host's first page. */
import { registered } from './components/boundary.tsx';
import { DeliveriesPage } from './components/deliveries-page.tsx';
import { StageFlyout, StagesTab } from './components/stages-tab.tsx';
import { StatusItem } from './components/status-item.tsx';
import { whenHostIsDrawn } from './when-host-is-drawn.ts';

/** The older of its two names: Font Awesome 5 and 6 both know it. */
const ICON = 'fa-project-diagram';

const api = window.extensionsAPI;
api?.registerResourceExtension?.(registered(StagesTab), 'argoproj.io', 'Application', 'Stages', {
  icon: ICON,
});
api?.registerStatusPanelExtension?.(
  registered(StatusItem),
  'Delivery',
  'stageline-delivery',
  registered(StageFlyout),
);
whenHostIsDrawn(() => {
  api?.registerSystemLevelExtension?.(registered(DeliveriesPage), 'Deliveries', '/deliveries', ICON);
});
