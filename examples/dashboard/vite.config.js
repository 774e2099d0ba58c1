// The built files lie under Django's static files; while developing, what is Django's is asked of `make demo`.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const service = process.env.SERVICE ?? 'http://127.0.0.1:8000'

export default defineConfig(({ command }) => ({
  base: command === 'build' ? '/static/dashboard/' : '/',
  plugins: [react()],
  server: { proxy: { '/graphql': service, '/admin': service, '/static': service } },
  build: {
    target: 'es2022',
    // The policy that the demo sends lets no scripts or styles in that stand in the page itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
  },
}))
