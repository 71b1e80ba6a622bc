import type { PutObjectCommand } from '@aws-sdk/client-s3'

/** Notes where a command's request goes. Answers what tells it afterwards: a URL without a query. */
export function watchLocation(command: PutObjectCommand): () => string | undefined {
  let location: string | undefined
  command.middlewareStack.add(
    (next) => async (args) => {
      const { protocol, hostname, port, path } = args.request as {
        readonly protocol?: string
        readonly hostname?: string
        readonly port?: number
        readonly path?: string
      }
      if (hostname !== undefined) location = `${protocol ?? 'https:'}//${hostname}${port === undefined ? '' : `:${port}`}${path ?? ''}`
      return next(args)
    },
    { step: 'finalizeRequest', name: 'strongroomS3Location' },
  )
  return () => location
}
