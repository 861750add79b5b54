import type { PanelSpec } from '../panels.js';

/** A titled group of panels that answers one question. */
export interface Row {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}
