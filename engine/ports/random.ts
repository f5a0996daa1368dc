/** The only thing that rolls dice. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** An independent stream; the same name always gives the same stream, whoever else forks. */
  fork(name: string): Random;
}
