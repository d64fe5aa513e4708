internal import Foundation
internal import LRNetSupport

/// The check of memory, disk space and shared memory on this rank's machine.
enum SpaceCheck {
    private static let mebibyte = 1 << 20

    /// The memory of a rank with the smallest network and its data, in bytes.
    private static let memoryPerRank = 512 * mebibyte

    /// The size of a few checkpoints of the smallest network, in bytes.
    private static let smallestDisk = 64 * mebibyte

    /// The size of a few checkpoints of the largest network, in bytes.
    private static let comfortableDisk = 2048 * mebibyte

    /// The shared memory that Open MPI needs per rank of a host, in bytes.
    private static let sharedMemoryPerRank = 16 * mebibyte

    static func findings(ranksHere: Int) -> [Finding] {
        [memory(ranksHere), disk(), sharedMemory(ranksHere)]
    }

    private static func memory(_ ranksHere: Int) -> Finding {
        guard let free = freeMemory() else {
            return .good("memory", "unknown: /proc/meminfo does not exist")
        }
        let text = "\(size(free)) free, \(size(free / max(ranksHere, 1))) for each rank of the host"
        guard free < ranksHere * memoryPerRank else { return .good("memory", text) }
        return .warning(
            "memory", text,
            remedy: "start fewer ranks on that host, lower training.globalBatch, or end other "
                + "programs")
    }

    private static func disk() -> Finding {
        let folder = PathText.currentFolder
        guard let free = freeSpace(folder) else {
            return .warning(
                "disk", "\(folder): the system does not report the free space",
                remedy: "run doctor in the folder that will contain the runs")
        }
        let text = "\(size(free)) free in \(folder)"
        let remedy = "free some space, or choose an --output on another disk"
        if free < smallestDisk { return .failure("disk", text, remedy: remedy) }
        return free < comfortableDisk
            ? .warning("disk", text, remedy: remedy) : .good("disk", text)
    }

    private static func sharedMemory(_ ranksHere: Int) -> Finding {
        guard let free = freeSpace("/dev/shm") else {
            return .good("shared memory", "/dev/shm does not exist")
        }
        let text = "\(size(free)) free in /dev/shm"
        guard free < ranksHere * sharedMemoryPerRank else { return .good("shared memory", text) }
        return .warning(
            "shared memory", text,
            remedy: "in a container, increase it (docker run --shm-size=1g); otherwise, remove "
                + "old files from /dev/shm")
    }

    /// Returns the free memory in bytes, limited by the control group, or `nil` if it is unknown.
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

    /// Returns a size as text, such as `1.5 GiB`.
    package static func size(_ byteCount: Int) -> String {
        let mebibytes = Double(byteCount) / Double(mebibyte)
        return mebibytes < 1024
            ? String(format: "%.0f MiB", mebibytes) : String(format: "%.1f GiB", mebibytes / 1024)
    }
}
