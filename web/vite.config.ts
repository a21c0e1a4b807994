import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { precompress } from "./precompress.ts";

const built = fileURLToPath(new URL("../src/trunkline/web/static/dist", import.meta.url));

export default defineConfig({
  base: "/static/dist/",
  plugins: [svelte(), precompress(built)],
  build: {
    outDir: built,
    emptyOutDir: true,
    manifest: true,
    modulePreload: false,
    target: "es2022",
    reportCompressedSize: false,
    // The renderer is an entry too, so that it stays a file of its own with all its names: tests ask it directly.
    rolldownOptions: { input: ["src/main.ts", "src/render/index.ts"] },
  },
});
