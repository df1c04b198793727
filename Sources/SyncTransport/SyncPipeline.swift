internal import NIOCore
internal import NIOPosix
internal import SyncProtocol

/// What every connection has in common, whatever it goes over.
enum SyncPipeline {
  /// Prepares a channel whose peer has to speak from the beginning.
  ///
  /// The channel reads only when the session asks: its option `autoRead` is to be off.
  static func install(
    _ side: SessionHandler.Side,
    _ environment: SessionEnvironment,
    in channel: any Channel
  ) throws -> RunningSession {
    try install(side, environment, in: channel, [SilenceHandler.idle(environment.limits)])
  }

  /// Prepares a channel to a program that was started here: nobody counts how long somebody looks for a
  /// passphrase before it says its first word.
  static func installPatiently(
    _ side: SessionHandler.Side,
    _ environment: SessionEnvironment,
    in channel: any Channel
  ) throws -> RunningSession {
    try install(side, environment, in: channel, [FirstByteHandler(limits: environment.limits)])
  }

  private static func install(
    _ side: SessionHandler.Side,
    _ environment: SessionEnvironment,
    in channel: any Channel,
    _ handlers: [any ChannelHandler]
  ) throws -> RunningSession {
    let ended = channel.eventLoop.makePromise(of: DrivenSession.self)
    let session = SessionHandler(
      side,
      on: channel.eventLoop,
      environment: environment,
      ended: ended
    )
    do {
      try channel.pipeline.syncOperations.addHandlers(handlers + [SilenceHandler(), session])
    } catch {
      ended.fail(error)
      throw error
    }
    return RunningSession(
      handler: NIOLoopBound(session, eventLoop: channel.eventLoop),
      ended: ended.futureResult
    )
  }
}

/// A session on its way.
struct RunningSession: Sendable {
  let handler: NIOLoopBound<SessionHandler>
  /// Completed when the connection is closed, and the store has no more to do for the session.
  let ended: EventLoopFuture<DrivenSession>

  /// Waits for the end; a task that is cancelled breaks the session off.
  ///
  /// - Throws: ``PeerFailure``, and what the store throws.
  func result() async throws -> DrivenSession {
    try await withTaskCancellationHandler {
      try await ended.get()
    } onCancel: {
      handler.execute { $0.cancel() }
    }
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
