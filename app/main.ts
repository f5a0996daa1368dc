import { cli } from "./cli.ts";

// Whoever read our output has gone (`simpang run | head`): that ends the reading, not the control.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await cli(process.argv.slice(2));
