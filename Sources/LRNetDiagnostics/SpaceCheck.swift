internal import Foundation
internal import LRNetSupport

/// Memory, disk and shared memory of this rank's machine.
enum SpaceCheck {
    private static let mebibyte = 1 << 20

    /// Memory that a rank of the smallest network takes, with room for its data, in bytes.
    private static let memoryOfARank = 512 * mebibyte

    /// A few checkpoints of the smallest network.
    private static let smallestDisk = 64 * mebibyte

    /// A few checkpoints of the largest.
    private static let comfortableDisk = 2048 * mebibyte

    /// What Open MPI needs for each rank of a host.
    private static let sharedMemoryOfARank = 16 * mebibyte

    static func findings(ranksHere: Int) -> [Finding] {
        [memory(ranksHere), disk(), sharedMemory(ranksHere)]
    }

    private static func memory(_ ranksHere: Int) -> Finding {
        guard let free = freeMemory() else {
            return .good("memory", "not known: there is no /proc/meminfo")
        }
        let text = "\(size(free)) free, \(size(free / max(ranksHere, 1))) for each rank of the host"
        guard free < ranksHere * memoryOfARank else { return .good("memory", text) }
        return .warning(
            "memory", text,
            remedy: "start fewer ranks there, lower training.globalBatch, or end other programs")
    }

    private static func disk() -> Finding {
        let folder = PathText.currentFolder
        guard let free = freeSpace(folder) else {
            return .warning(
                "disk", "\(folder): the system does not say how much is free",
                remedy: "run from the folder that will hold the runs")
        }
        let text = "\(size(free)) free in \(folder)"
        let remedy = "free some space, or give --output a folder on another disk"
        if free < smallestDisk { return .failure("disk", text, remedy: remedy) }
        return free < comfortableDisk
            ? .warning("disk", text, remedy: remedy) : .good("disk", text)
    }

    private static func sharedMemory(_ ranksHere: Int) -> Finding {
        guard let free = freeSpace("/dev/shm") else {
            return .good("shared memory", "there is no /dev/shm")
        }
        let text = "\(size(free)) free in /dev/shm"
        guard free < ranksHere * sharedMemoryOfARank else { return .good("shared memory", text) }
        return .warning(
            "shared memory", text,
            remedy: "in a container give it more (docker run --shm-size=1g), else remove old "
                + "files from /dev/shm")
    }

    /// Free memory in bytes, no more than the control group leaves.
    private static func freeMemory() -> Int? {
        func content(_ path: String) -> String? {
            try? String(contentsOfFile: path, encoding: .utf8)
        }
        func number(_ path: String) -> Int? {
            content(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        let line = content("/proc/meminfo")?.split(separator: "\n").first {
            $0.hasPrefix("MemAvailable:")
        }
        let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard var free = kibibytes.map({ $0 * 1024 }) else { return nil }
        if let limit = number("/sys/fs/cgroup/memory.max"),
            let used = number("/sys/fs/cgroup/memory.current")
        {
            free = min(free, max(limit - used, 0))
        }
        return free
    }

    private static func freeSpace(_ folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(PathText.cString(folder), &status) == 0 else { return nil }
        return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    /// `1.5 GiB`
    package static func size(_ byteCount: Int) -> String {
        let mebibytes = Double(byteCount) / Double(mebibyte)
        return mebibytes < 1024
            ? String(format: "%.0f MiB", mebibytes) : String(format: "%.1f GiB", mebibytes / 1024)
    }
}
