import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const packed = /\.(js|css|svg)$/;

/** Writes `.br` and `.gz` beside every file that the server sends: compressing once, here, costs no request anything. */
export function precompress(folder: string): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async closeBundle() {
      for (const name of await readdir(folder, { recursive: true })) {
        if (!packed.test(name)) continue;
        const path = join(folder, name);
        const body = await readFile(path);
        const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
        await writeFile(`${path}.br`, await promisify(brotliCompress)(body, quality));
        await writeFile(`${path}.gz`, await promisify(gzip)(body, { level: 9 }));
      }
    },
  };
}
