/** Something an export or import could not say in the other's words, or says differently. */
export interface Note {
  /** What it is about: `junction balikpapan-baru`, `link a_b`. */
  readonly subject: string;
  readonly message: string;
}

export const showNote = ({ subject, message }: Note): string => `${subject}: ${message}`;
