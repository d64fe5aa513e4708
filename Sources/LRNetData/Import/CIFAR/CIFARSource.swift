import LRNetSupport

/// Where the files of CIFAR-10 or CIFAR-100 are: an unpacked folder, or the archive as it was
/// downloaded.
enum CIFARSource {
    case folder(String)
    case archive(TarArchive, folder: String)

    /// The official archives have 163 to 187 MB when decompressed.
    private static let archiveByteLimit = 1 << 30

    /// Looks at a path.
    ///
    /// - Parameter path: An archive (`.tar.gz` or `.tar`), the folder with the files, or a folder
    ///   that holds that folder.
    /// - Throws: ``Failure``: 66 if it is missing, 65 if it is damaged.
    init(_ path: String) throws {
        guard FileBytes.isFolder(path) else {
            let archive = try TarArchive(path, byteLimit: Self.archiveByteLimit)
            // Archives are packed from the folder itself, above it, or with notes beside it.
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

    /// The version of the files; `nil` if there are none.
    var format: CIFARFormat? {
        CIFARFormat.all.first { has($0.testFile) && has($0.trainFiles[0]) }
    }

    /// What errors call a file.
    func subject(_ name: String) -> String {
        switch self {
        case .folder(let folder): "\(folder)/\(name)"
        case .archive(let archive, _): "\(archive.path) \(name)"
        }
    }

    /// Whether there is a file of this name.
    func has(_ name: String) -> Bool {
        switch self {
        case .folder(let folder): FileBytes.exists("\(folder)/\(name)")
        case .archive(let archive, let folder): archive[Self.inside(folder, name)] != nil
        }
    }

    /// The bytes of a file.
    ///
    /// - Throws: ``Failure``: 66 if it is missing.
    func read(_ name: String) throws -> ArraySlice<UInt8> {
        switch self {
        case .folder(let folder): return try FileBytes.read("\(folder)/\(name)")[...]
        case .archive(let archive, let folder):
            guard let bytes = archive[Self.inside(folder, name)] else {
                throw Failure(
                    call: "tar", subject: archive.path, message: "holds no \(name)",
                    exitStatus: .inputMissing)
            }
            return bytes
        }
    }

    private static func inside(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : "\(folder)/\(name)"
    }
}
