internal import Foundation
internal import LRNetHDF5
internal import LRNetSupport

/// Whether HDF5 gives back from the disk what was written, with its checksums.
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
                "storage", "\(path) reads back as other bytes than were written",
                remedy: "the disk or HDF5 is broken; do not keep data there")
        }
        // The data are not compressed, so that a bit in their midst is a bit of a picture.
        var damaged = image
        damaged[damaged.count - 5_000] ^= 4
        let isNoticed: Bool
        do {
            let set = try HDF5File.open(image: damaged, named: "damaged").dataSet("images")
            let again: [UInt8] = try set.read()
            isNoticed = again == values
        } catch {
            isNoticed = true
        }
        guard isNoticed else {
            return .failure(
                "storage", "HDF5 reads a damaged file without complaint",
                remedy: "install libhdf5 with the Fletcher-32 filter")
        }
        return .good("storage", "HDF5 write, read and checksum are right")
    }
}
