import Foundation
import LRNetSupport

/// The growing folder of a set that a team makes: member 0 keeps it, as ``PartialSetFolder`` does, the
/// others join.
///
/// Two locks guard it. Member 0 holds `lock`, so that there is one team at a time. The others share
/// `members.lock`, since they may outlive a killed member 0 by a second: the next team waits for them,
/// lest they write among its shards.
final class SharedImportFolder {
    /// The folder to write to.
    let path: String

    private let folder: PartialSetFolder?
    private var membership: FileLock?

    private static let membersLockName = "members.lock"
    private static let tokenName = "token"

    /// What member 0 tells the others.
    private struct Place: Codable {
        let path: String
        let token: String
    }

    /// Makes the folder, or takes over the one that an interrupted import left. Every member calls it.
    ///
    /// - Throws: What ``PartialSetFolder`` throws; ``Failure`` (74) if a member does not see the
    ///   folder that member 0 made.
    init(for output: String, team: any ImportTeam) throws {
        var made: PartialSetFolder?
        let place = try team.first {
            let folder = try PartialSetFolder(for: output, keeping: .kept)
            _ = try FileLock(path: "\(folder.path)/\(Self.membersLockName)")
            // A folder of the same name on another disk has another token.
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
                message: "is not the folder that rank 0 writes to; name an --output that all hosts "
                    + "share", exitStatus: .inputOutput)
        }
        return try FileLock(path: "\(place.path)/\(membersLockName)", isShared: true)
    }

    /// As ``PartialSetFolder/finish(_:others:)``; member 0 calls it.
    func finish(_ index: ShardIndex, others: Set<String> = []) throws {
        guard let folder else { preconditionFailure("member 0 finishes a set") }
        try folder.finish(index, others: others)
    }
}
