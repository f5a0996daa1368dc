process.stderr.write("simpang: no commands yet\n");
process.exitCode = 2;
