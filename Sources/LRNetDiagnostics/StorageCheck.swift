internal import Foundation
internal import LRNetHDF5
internal import LRNetSupport

/// The check that HDF5 reads from the disk what it wrote, and detects damage by its checksums.
enum StorageCheck {
    static func run() -> Finding {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lrnet-doctor-\(UUID().uuidString)").path
        defer { try? AtomicFile.remove(folder) }
        do {
            try AtomicFile.createFolder(folder)
            return try roundTrip("\(folder)/check.h5")
        } catch {
            return .failure(
                "storage", "\(error)",
                remedy: "make \(FileManager.default.temporaryDirectory.path) writable, or set "
                    + "TMPDIR")
        }
    }

    private static func roundTrip(_ path: String) throws -> Finding {
        let values = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let file = try HDF5File.create(inMemoryNamed: "check")
        try file.createDataSet("images", of: .uint8, shape: [values.count], chunk: [4096])
            .write(values)
        let image = try file.image()
        try AtomicFile.write(image, to: path)
        let hash = ContentHash.of(image)
        let read: [UInt8] = try HDF5File.open(path).dataSet("images").read()
        guard read == values, try ContentHash.of(fileAt: path) == hash else {
            return .failure(
                "storage", "\(path) does not read back as it was written",
                remedy: "the disk or HDF5 is broken; do not keep data there")
        }
        // The data are not compressed, so a flipped bit in their middle changes a value.
        var damaged = image
        damaged[damaged.count - 5_000] ^= 4
        let isSafe: Bool
        do {
            let set = try HDF5File.open(image: damaged, named: "damaged").dataSet("images")
            let again: [UInt8] = try set.read()
            isSafe = again == values
        } catch {
            isSafe = true
        }
        guard isSafe else {
            return .failure(
                "storage", "HDF5 reads a damaged file without an error",
                remedy: "install libhdf5 with the Fletcher-32 filter")
        }
        return .good("storage", "HDF5 writes, reads and checksums are correct")
    }
}
