/** The file that starts this program. All that is read by its place lies as deep as here: the build puts it into `dist/program`. */
import { fileURLToPath } from 'node:url';

export const PROGRAM_FILE = fileURLToPath(new URL('../../bin/crypto-lake.js', import.meta.url));
