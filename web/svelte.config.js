import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  // All styles are in the one stylesheet of the server; a component brings none.
  compilerOptions: { runes: true, css: "external" },
};
