internal import NIOCore

/// Closes a connection for which there is no room.
final class ClosingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  func channelActive(context: ChannelHandlerContext) { context.close(promise: nil) }
}
