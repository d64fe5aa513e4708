import LRNetSupport

/// The location of CIFAR-10 or CIFAR-100 files: an unpacked folder, or the downloaded archive.
enum CIFARSource {
    case folder(String)
    case archive(TarArchive, folder: String)

    /// The decompressed size limit in bytes. The official archives have 163 to 187 MB.
    private static let archiveByteLimit = 1 << 30

    /// Finds the files at a path.
    ///
    /// - Parameter path: An archive (`.tar.gz` or `.tar`), the folder with the files, or the parent
    ///   of that folder.
    /// - Throws: ``Failure``: 66 if the path is missing, 65 if the archive is damaged.
    init(_ path: String) throws {
        guard FileBytes.isFolder(path) else {
            let archive = try TarArchive(path, byteLimit: Self.archiveByteLimit)
            // The archive may have been created inside the folder or above it, and may contain
            // other files.
            var folders = archive.names.map { name in
                name.contains("/") ? PathText.folder(of: name) : ""
            }
            folders = folders.indices.filter { $0 == 0 || folders[$0] != folders[$0 - 1] }
                .map { folders[$0] }
            let candidates = folders.map { CIFARSource.archive(archive, folder: $0) }
            self = candidates.first { $0.format != nil } ?? .archive(archive, folder: "")
            return
        }
        let inner = try FileBytes.names(inFolder: path).map { "\(path)/\($0)" }
            .filter(FileBytes.isFolder)
        let candidates = ([path] + inner).map { CIFARSource.folder($0) }
        self = candidates.first { $0.format != nil } ?? .folder(path)
    }

    /// The format of the files; `nil` if there are none.
    var format: CIFARFormat? {
        CIFARFormat.all.first { has($0.testFile) && has($0.trainFiles[0]) }
    }

    /// Returns the name of a file in errors.
    func subject(_ name: String) -> String {
        switch self {
        case .folder(let folder): "\(folder)/\(name)"
        case .archive(let archive, _): "\(archive.path) \(name)"
        }
    }

    /// Returns true if there is a file with this name.
    func has(_ name: String) -> Bool {
        switch self {
        case .folder(let folder): FileBytes.exists("\(folder)/\(name)")
        case .archive(let archive, let folder): archive[Self.entryName(folder, name)] != nil
        }
    }

    /// Returns the bytes of a file.
    ///
    /// - Throws: ``Failure``: 66 if the file is missing.
    func read(_ name: String) throws -> ArraySlice<UInt8> {
        switch self {
        case .folder(let folder): return try FileBytes.read("\(folder)/\(name)")[...]
        case .archive(let archive, let folder):
            guard let bytes = archive[Self.entryName(folder, name)] else {
                throw Failure(
                    call: "tar", subject: archive.path, message: "contains no \(name)",
                    exitStatus: .inputMissing)
            }
            return bytes
        }
    }

    private static func entryName(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : "\(folder)/\(name)"
    }
}
