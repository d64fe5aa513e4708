import Foundation
import LRNetSupport

/// The unfinished folder of a set that a team creates. Member 0 owns it as a ``PartialSetFolder``,
/// and the other members join.
///
/// Two locks protect it. Member 0 holds `lock`, so that only one team works at a time. The other
/// members share `members.lock`, because they may outlive a killed member 0 by a second. The next
/// team waits for them, so that they cannot write among its shards.
final class SharedImportFolder {
    /// The folder to write to.
    let path: String

    private let folder: PartialSetFolder?
    private var membership: FileLock?

    private static let membersLockName = "members.lock"
    private static let tokenName = "token"

    /// The message from member 0 to the other members.
    private struct Place: Codable {
        let path: String
        let token: String
    }

    /// Creates the folder, or takes over the folder of an interrupted import. Every member calls
    /// this initializer.
    ///
    /// - Throws: Errors of ``PartialSetFolder``, or ``Failure`` (74) if a member does not see the
    ///   folder that member 0 created.
    init(for output: String, team: any ImportTeam) throws {
        var made: PartialSetFolder?
        let place = try team.first {
            let folder = try PartialSetFolder(for: output, keeping: .kept)
            _ = try FileLock(path: "\(folder.path)/\(Self.membersLockName)")
            // A folder with the same name on another disk has a different token.
            let token = UUID().uuidString
            try AtomicFile.write(token, to: "\(folder.path)/\(Self.tokenName)")
            made = folder
            return Place(path: folder.path, token: token)
        }
        path = place.path
        folder = made
        var membership: FileLock?
        _ = try team.all {
            if team.member > 0 { membership = try Self.join(place) }
            return true
        }
        self.membership = membership
    }

    private static func join(_ place: Place) throws -> FileLock {
        guard let token = try? FileBytes.read("\(place.path)/\(tokenName)"),
            String(decoding: token, as: UTF8.self) == place.token
        else {
            throw Failure(
                call: "import", subject: place.path,
                message: "is not the folder that rank 0 writes to; use an --output that all hosts "
                    + "share", exitStatus: .inputOutput)
        }
        return try FileLock(path: "\(place.path)/\(membersLockName)", isShared: true)
    }

    /// Finishes the set like ``PartialSetFolder/finish(_:others:)``. Only member 0 calls this
    /// method.
    func finish(_ index: ShardIndex, others: Set<String> = []) throws {
        guard let folder else { preconditionFailure("only member 0 finishes a set") }
        try folder.finish(index, others: others)
    }
}
