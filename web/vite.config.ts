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
    // The others are entries so that they stay files of their own with all their names: tests ask them directly.
    rolldownOptions: {
      input: ["src/main.ts", "src/render/index.ts", "src/chat-files/index.ts"],
      preserveEntrySignatures: "exports-only",
    },
  },
});
