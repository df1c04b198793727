internal import NIOCore
internal import NIOPosix
internal import SyncProtocol

/// What every connection has in common, whatever it goes over.
enum SyncPipeline {
  /// For a peer who has to speak from the beginning.
  static func install(
    in channel: any Channel,
    limits: SyncLimits
  ) throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try channel.pipeline.syncOperations.addHandler(SilenceHandler.idle(limits))
    try channel.pipeline.syncOperations.addHandler(SilenceHandler())
    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
  }

  /// For a program that was started here: nobody counts how long somebody looks for a passphrase
  /// before it says its first word.
  static func installPatiently(
    in channel: any Channel,
    limits: SyncLimits
  ) throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try channel.pipeline.syncOperations.addHandler(FirstByteHandler(limits: limits))
    try channel.pipeline.syncOperations.addHandler(SilenceHandler())
    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
  }
}

/// Lets silence count from the first byte that comes.
private final class FirstByteHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let limits: SyncLimits

  init(limits: SyncLimits) { self.limits = limits }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let pipeline = context.pipeline.syncOperations
    do {
      try pipeline.addHandler(SilenceHandler.idle(limits), position: .after(self))
    } catch {
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(data)
    pipeline.removeHandler(self, promise: nil)
  }
}
