// One script and one style sheet, so that Django's hashed file names need to know no imports between them.
import license from "rollup-plugin-license";
import { defineConfig } from "vite";

const OUTPUT = "../static/graphql_api";

// The page forbids fonts from anywhere; the ones embedded in GraphiQL's sheet would be half its size.
const withoutFonts = {
  name: "without-fonts",
  enforce: "post",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.fileName.endsWith(".css")) {
        file.source = String(file.source).replace(/@font-face\s*{[^}]*}/g, "");
      }
    }
  },
};

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", legalComments: "none" },
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: OUTPUT,
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: "src/main.jsx",
      output: {
        format: "iife",
        inlineDynamicImports: true,
        entryFileNames: "graphiql.js",
        assetFileNames: "graphiql[extname]",
      },
      plugins: [license({ thirdParty: { output: { file: `${OUTPUT}/THIRD_PARTY_LICENSES.txt` } } })],
    },
  },
  plugins: [withoutFonts],
});
