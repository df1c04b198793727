internal import ArchiveModel
internal import CRDT
package import ChangeLog

/// Where in a collection an article goes.
package enum CollectionPlace: Sendable {
  case first
  case last
  case before(ObjectID)
  case after(ObjectID)
}

extension ReplicaWriter {
  /// Makes a collection.
  package func createCollection(named name: String) throws -> ObjectID {
    let id = makeObject(.collection)
    try append(
      [
        Operation(
          field: CollectionField.name.rawValue,
          kind: .write,
          body: RegisterValue.body(name)
        )
      ],
      on: id,
      as: .edit
    )
    return id
  }

  /// Gives a collection another name.
  ///
  /// - Returns: the change; `nil` when that is its name.
  @discardableResult
  package func rename(_ collection: ObjectID, to name: String) throws -> ChangeID? {
    let (shown, state) = try self.collection(collection)
    guard !shown.name.utf8.elementsEqual(name.utf8) else { return nil }
    return try append(
      [
        Operation(
          field: CollectionField.name.rawValue,
          kind: .write,
          names: state.entries(of: CollectionField.name.rawValue).map(\.dot),
          body: RegisterValue.body(name)
        )
      ],
      on: collection,
      as: .edit
    )
  }

  /// Adds articles; those that are in it stay where they are.
  ///
  /// - Returns: how many were added.
  package func add(_ articles: [ObjectID], to collection: ObjectID) throws -> Int {
    let (shown, _) = try self.collection(collection)
    var known = Set(shown.members)
    let operations = try articles.filter { known.insert($0).inserted }.map { article in
      // Whoever has the collection has the article: the operation names what brought it.
      guard
        let version = try state(of: article)?.entries(of: ArticleField.versions.rawValue).first
      else { throw ReplicaFailure.noSuchItem("article \(article.bytes.hex)") }
      return Operation(
        field: CollectionField.members.rawValue,
        kind: .add,
        names: [version.dot],
        body: article.bytes
      )
    }
    if !operations.isEmpty { try append(operations, on: collection, as: .edit) }
    return operations.count
  }

  /// Takes articles out.
  ///
  /// - Returns: how many were in it.
  package func remove(_ articles: [ObjectID], from collection: ObjectID) throws -> Int {
    let (_, state) = try self.collection(collection)
    let members = state.entries(of: CollectionField.members.rawValue)
    let operations = Set(articles).sorted().compactMap { article -> Operation? in
      let adds = members.filter { $0.value == article.bytes }.map(\.dot)
      return adds.isEmpty
        ? nil
        : Operation(field: CollectionField.members.rawValue, kind: .remove, names: adds)
    }
    if !operations.isEmpty { try append(operations, on: collection, as: .edit) }
    return operations.count
  }

  /// Puts an article of a collection elsewhere in it.
  ///
  /// - Returns: the change; `nil` when it is there already.
  /// - Throws: ``ReplicaFailure`` when an article that is named is not in the collection.
  @discardableResult
  package func move(
    _ article: ObjectID,
    in collection: ObjectID,
    to place: CollectionPlace
  ) throws -> ChangeID? {
    let (shown, state) = try self.collection(collection)
    func index(of article: ObjectID, in members: [ObjectID]) throws -> Int {
      guard let index = members.firstIndex(of: article) else {
        throw ReplicaFailure.noSuchItem(
          "article \(article.bytes.hex.prefix(8)) in the collection \"\(shown.name)\""
        )
      }
      return index
    }
    var members = shown.members
    members.remove(at: try index(of: article, in: members))
    switch place {
    case .first: members.insert(article, at: 0)
    case .last: members.append(article)
    case .before(article), .after(article): return nil
    case .before(let other): members.insert(article, at: try index(of: other, in: members))
    case .after(let other): members.insert(article, at: try index(of: other, in: members) + 1)
    }
    guard members != shown.members else { return nil }
    let order = ArticleCollection.order(showing: members, in: state)
    guard order.count * ObjectID.byteCount <= FormatLimits.valueByteLimit else {
      throw ReplicaFailure.unacceptable(
        "an order holds \(FormatLimits.valueByteLimit / ObjectID.byteCount) articles at most: "
          + "move the article further to the front"
      )
    }
    return try append(
      [
        Operation(
          field: CollectionField.order.rawValue,
          kind: .write,
          names: state.entries(of: CollectionField.order.rawValue).map(\.dot),
          body: order.flatMap(\.bytes)
        )
      ],
      on: collection,
      as: .edit
    )
  }

  private func collection(_ id: ObjectID) throws -> (ArticleCollection, ObjectState) {
    guard let state = try state(of: id) else {
      throw ReplicaFailure.noSuchItem("collection \(id.bytes.hex)")
    }
    guard state.isLive else {
      throw ReplicaFailure.deleted("collection", id, by: "stet collection restore")
    }
    return (ArticleCollection(id: id, state: state), state)
  }
}
