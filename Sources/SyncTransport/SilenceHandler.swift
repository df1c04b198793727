internal import NIOCore
internal import NIOPosix
internal import SyncProtocol

/// Closes a connection on which nothing has been read or written for as long as the limits allow.
final class SilenceHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  static func idle(_ limits: SyncLimits) -> IdleStateHandler {
    IdleStateHandler(allTimeout: .milliseconds(limits.silenceLimit))
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }
}
