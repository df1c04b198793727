import ChangeLog
import NIOCore
import NIOPosix
import SyncProtocol
import SyncSimulation

/// One connection to a hub that stays open, with nothing on this side but the codec.
///
/// So the hub is what is measured. Used on its event loop only.
final class LivePeer: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What a peer does with what comes; called on its event loop.
  struct Reactions {
    /// The hub has greeted; a subscriber stays.
    var greeted: (LivePeer) -> Void = { _ in }
    var pack: (LivePeer, PackDelivery) -> Void = { _, _ in }
    var acknowledgement: (LivePeer, UInt64) -> Void = { _, _ in }
    /// The connection is gone, or says what it should not.
    var lost: (LivePeer) -> Void = { _ in }
  }

  enum Kind {
    /// Equal to the hub, and stays.
    case subscriber
    /// Has more than the hub, which has nothing for it; never says that this was all.
    case writer
  }

  private let hello: Hello
  private let reactions: Reactions
  private var decoder = FrameDecoder(byteLimit: SyncLimits().frameByteLimit)
  private var context: ChannelHandlerContext?

  init(hello: Hello, reactions: Reactions) {
    self.hello = hello
    self.reactions = reactions
  }

  func send(_ messages: [SyncMessage]) {
    guard let context else { return }
    var buffer = context.channel.allocator.buffer(capacity: 512)
    for message in messages {
      buffer.writeBytes(FrameDecoder.frame(MessageCodec.encode(message)))
    }
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
  }

  func close() { context?.close(promise: nil) }

  /// Does something later, on its event loop.
  func after(_ time: Duration, _ body: @escaping @Sendable () -> Void) {
    context?.eventLoop.scheduleTask(in: TimeAmount(time), body)
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    context.write(wrapOutboundOut(ByteBuffer(bytes: FrameDecoder.preface)), promise: nil)
    send([.hello(hello)])
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    decoder.append(unwrapInboundIn(data).readableBytesView)
    do {
      while let frame = try decoder.next() {
        guard let message = try MessageCodec.decode(frame, limits: SyncLimits()) else { continue }
        switch message {
        case .welcome(let welcome) where hello.isLive && welcome.frontier == hello.frontier:
          send([.stay])
        case .welcome where !hello.isLive, .stay: reactions.greeted(self)
        case .pack(let delivery):
          send([.acknowledgement(position: delivery.position)])
          reactions.pack(self, delivery)
        case .acknowledgement(let position): reactions.acknowledgement(self, position)
        default: context.close(promise: nil)
        }
      }
    } catch {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    reactions.lost(self)
  }

  /// Opens connections one after the other, some at a time, and returns when all are greeted.
  ///
  /// - `numbers`: of their stores.
  /// - `reactions`: of one connection, by its number.
  static func connect(
    _ numbers: Range<Int>,
    as kind: Kind,
    to hub: KnownHub,
    on group: MultiThreadedEventLoopGroup,
    _ reactions: @escaping @Sendable (Int) -> Reactions
  ) throws {
    let crowd = 50
    let (host, port) = (hub.hub.host, hub.hub.port)
    for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: crowd) {
      let opened = (start..<min(numbers.upperBound, start + crowd)).map { number in
        let promise = group.any().makePromise(of: Void.self)
        let store = StoreID.made(number)
        ClientBootstrap(group: group)
          .channelOption(.socketOption(.tcp_nodelay), value: 1)
          .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
              var reactions = reactions(number)
              let (greeted, lost) = (reactions.greeted, reactions.lost)
              reactions.greeted = { peer in
                greeted(peer)
                promise.succeed()
              }
              reactions.lost = { peer in
                lost(peer)
                promise.fail(BenchFailure("the hub closed a connection"))
              }
              let hello = Hello(
                versions: [ProtocolVersion.current],
                codecs: Codec.allCases.map(\.rawValue),
                archive: .id(hub.genesis.archive, name: hub.genesis.name),
                time: 0,
                end: Cursor(store: store, position: 0, check: LogCheck(store: store).prefix),
                known: hub.end,
                frontier: kind == .subscriber ? hub.frontier : Hash(of: store.bytes),
                lane: nil,
                isLive: kind == .subscriber
              )
              try channel.pipeline.syncOperations.addHandler(
                LivePeer(hello: hello, reactions: reactions)
              )
            }
          }
          .connect(host: host, port: port)
          .cascadeFailure(to: promise)
        return promise.futureResult
      }
      for future in opened { try future.wait() }
    }
  }
}

extension StoreID {
  /// A store that nobody has.
  static func made(_ number: Int) -> StoreID {
    let bytes = UInt64(number).bigEndianBytes + [UInt8](repeating: 0xBE, count: 8)
    guard let store = StoreID(bytes) else { preconditionFailure("16 bytes are a store id") }
    return store
  }
}
