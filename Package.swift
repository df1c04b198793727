// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "stet",
  products: [
    // Preloaded into programs under test, so a file of its own.
    .library(name: "SystemCalls", type: .dynamic, targets: ["SystemCalls"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSQLiteSettings", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CRDT", swiftSettings: settings),
    .target(
      name: "ChangeLog",
      dependencies: [
        "CRDT", "CZlib",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "ArchiveModel",
      dependencies: [
        "CRDT", "ChangeLog", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "SyncProtocol",
      dependencies: [
        "CRDT", "ChangeLog", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "LogStorage",
      dependencies: [
        "CRDT", "ChangeLog", "CSQLiteSettings", "SyncProtocol",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "HubStorage",
      dependencies: ["CRDT", "ChangeLog", "SyncProtocol"],
      swiftSettings: settings
    ),
    .target(
      name: "HubStorageSQLite",
      dependencies: [
        "CRDT", "ChangeLog", "HubStorage", "LogStorage", "SyncProtocol",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "ReplicaStorage",
      dependencies: [
        "ArchiveModel", "CRDT", "ChangeLog", "LogStorage", "SyncProtocol",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "Interchange",
      dependencies: ["ArchiveModel", "CZlib", .product(name: "Yams", package: "Yams")],
      swiftSettings: settings
    ),
    .target(
      name: "SyncTransport",
      dependencies: [
        "CRDT", "ChangeLog", "SyncProtocol",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "HubService",
      dependencies: [
        "CRDT", "ChangeLog", "HubStorage", "SyncProtocol", "SyncTransport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings
    ),
    .target(name: "ProgressLine", swiftSettings: settings),
    .executableTarget(
      name: "stetd",
      dependencies: [
        "HubService", "HubStorage", "HubStorageSQLite", "LogStorage", "ProgressLine",
        "SyncProtocol", "SyncTransport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "stet",
      dependencies: [
        "ArchiveModel", "CRDT", "ChangeLog", "Interchange", "LogStorage", "ProgressLine",
        "ReplicaStorage", "SyncProtocol", "SyncTransport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "StetBench",
      dependencies: [
        "ArchiveModel", "CRDT", "ChangeLog", "HubStorage", "Interchange", "LogStorage",
        "RevisionReplay",
        "SyncProtocol", "SyncSimulation", "SyncTransport",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "StetTorture",
      dependencies: ["SyncSimulation"],
      swiftSettings: settings
    ),
    .target(
      name: "RevisionReplay",
      dependencies: ["ArchiveModel", "CRDT", "Interchange"],
      swiftSettings: settings
    ),
    .target(
      name: "SyncSimulation",
      dependencies: ["CRDT", "ChangeLog", "SyncProtocol"],
      swiftSettings: settings
    ),
    .target(
      name: "ArchiveSimulation",
      dependencies: [
        "ArchiveModel", "CRDT", "ChangeLog", "HubStorage", "HubStorageSQLite", "ReplicaStorage",
        "SyncProtocol", "SyncSimulation",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "StetSimulator",
      dependencies: [
        "ArchiveSimulation", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ArchiveSimulationTests",
      dependencies: [
        "ArchiveSimulation", "SyncSimulation", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ArchiveModelTests",
      dependencies: ["ArchiveModel", "CRDT", "ChangeLog", "RevisionReplay", "SyncSimulation"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ChangeLogTests",
      dependencies: [
        "CRDT", "ChangeLog", "SyncSimulation",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "CRDTTests",
      dependencies: ["CRDT", "RevisionReplay", "SyncSimulation"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "InterchangeTests",
      dependencies: ["ArchiveModel", "CZlib", "Interchange", "RevisionReplay"],
      swiftSettings: settings
    ),
    .target(
      name: "HubStorageConformance",
      dependencies: ["CRDT", "ChangeLog", "HubStorage", "SyncProtocol", "SyncSimulation"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "HubServiceTests",
      dependencies: [
        "CRDT", "ChangeLog", "HubService", "HubStorage", "HubStorageConformance",
        "HubStorageSQLite", "LogStorage", "SyncProtocol", "SyncSimulation",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "HubStorageTests",
      dependencies: [
        "CRDT", "ChangeLog", "HubStorage", "HubStorageConformance", "HubStorageSQLite",
        "LogStorage", "SyncProtocol", "SyncSimulation",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Fixtures"],
      swiftSettings: settings
    ),
    .target(name: "SystemCalls", path: "Tests/SystemCalls"),
    .testTarget(
      name: "ProgramTests",
      dependencies: ["stet", "stetd", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ReplicaStorageTests",
      dependencies: [
        "ArchiveModel", "ArchiveSimulation", "CRDT", "ChangeLog", "HubStorage", "LogStorage",
        "ReplicaStorage",
        "SyncProtocol", "SyncSimulation", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Fixtures"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SyncProtocolTests",
      dependencies: ["CRDT", "ChangeLog", "SyncProtocol", "SyncSimulation"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "VectorTests",
      dependencies: [
        "ArchiveModel", "CRDT", "ChangeLog", "HubStorage", "HubStorageConformance",
        "HubStorageSQLite", "LogStorage", "ReplicaStorage",
        "SyncProtocol", "SyncSimulation",
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SyncTransportTests",
      dependencies: [
        "ChangeLog", "HubStorage", "SyncProtocol", "SyncSimulation", "SyncTransport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6]
)
