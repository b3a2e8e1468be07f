/** `<highwater-player>`: a scenario of Highwater in a page of yours. See docs/embedding.md. */
export interface HighwaterPlayer extends HTMLElement {
  /** The id of the scenario that plays. */
  scenario: string;
  /** The step, from 1; 0 before there is one. Setting it goes there. */
  step: number;
  /** How many steps there are; 0 before that is known. */
  readonly steps: number;
  /** Whether steps follow each other by themselves. */
  readonly playing: boolean;
  next(): void;
  back(): void;
  seek(step: number): void;
  play(): void;
  pause(): void;
}

export interface HighwaterEvents {
  "highwater-ready": CustomEvent<{ scenario: string; steps: number }>;
  "highwater-step": CustomEvent<{ scenario: string; step: number; steps: number }>;
  "highwater-answer": CustomEvent<{ scenario: string; step: number; correct: boolean }>;
  "highwater-end": CustomEvent<Record<string, never>>;
  "highwater-error": CustomEvent<{ message: string }>;
}

declare global {
  interface HTMLElementTagNameMap {
    "highwater-player": HighwaterPlayer;
  }
  interface HTMLElementEventMap extends HighwaterEvents {}
}
