// Writes or checks the API report of every entry point of every published package: `api-report.ts [--update]`.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

const root = resolve(import.meta.dirname, '..')
const update = process.argv.includes('--update')
let stale = 0

for (const folder of readdirSync(join(root, 'packages'))) {
  const directory = join(root, 'packages', folder)
  const packageJsonFullPath = join(directory, 'package.json')
  const manifest = JSON.parse(readFileSync(packageJsonFullPath, 'utf8')) as {
    name: string
    private?: boolean
    exports: Record<string, { types: string }>
  }
  if (manifest.private === true) continue
  for (const [entry, { types }] of Object.entries(manifest.exports)) {
    const reportFileName = entry === '.' ? folder : `${folder}-${entry.slice(2).replaceAll('/', '-')}`
    const reportFolder = join(directory, 'api')
    mkdirSync(reportFolder, { recursive: true })
    const config = ExtractorConfig.prepare({
      packageJsonFullPath,
      configObjectFullPath: undefined,
      configObject: {
        projectFolder: directory,
        mainEntryPointFilePath: join(directory, types),
        compiler: {
          overrideTsconfig: {
            compilerOptions: {
              target: 'es2022',
              lib: ['es2023', 'esnext.disposable'],
              module: 'nodenext',
              moduleResolution: 'nodenext',
              types: ['node'],
              skipLibCheck: true,
              strict: true,
            },
            files: [types],
          },
        },
        apiReport: {
          enabled: true,
          reportFileName,
          reportFolder,
          reportTempFolder: join(directory, 'temp'),
          includeForgottenExports: false,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          extractorMessageReporting: {
            default: { logLevel: ExtractorLogLevel.Warning },
            'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
            'ae-undocumented': { logLevel: ExtractorLogLevel.None },
            // What a secondary entry point uses, the main one exports.
            'ae-forgotten-export': { logLevel: entry === '.' ? ExtractorLogLevel.Error : ExtractorLogLevel.None },
          },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
    })
    const result = Extractor.invoke(config, {
      localBuild: update,
      messageCallback: (message) => {
        if (message.logLevel === ExtractorLogLevel.Error || message.logLevel === ExtractorLogLevel.Warning)
          console.error(`${manifest.name} ${entry}: ${message.text}`)
        message.handled = true
      },
    })
    if (result.apiReportChanged && !update) {
      stale += 1
      console.error(`${manifest.name} ${entry}: the public surface changed. Look at it, then run npm run api:update and commit the report.`)
    } else if (result.errorCount > 0) {
      stale += 1
    }
  }
}
process.exitCode = stale > 0 ? 1 : 0
