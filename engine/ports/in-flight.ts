/**
 * Counts exchanges on real sockets. A stepped run moves its clock only when none is open, so that a run over sockets is
 * as repeatable as one without; on wall time the same count is a health figure.
 */
export interface InFlight {
  /** Call when an exchange starts; call the answer once when it is settled, however it ended. */
  begin(): () => void;
}

export const untracked: InFlight = { begin: () => () => undefined };
