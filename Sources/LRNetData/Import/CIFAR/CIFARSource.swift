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
    ///   that holds nothing but that folder.
    /// - Throws: ``Failure``: 66 if it is missing, 65 if it is damaged.
    init(_ path: String) throws {
        guard FileBytes.isFolder(path) else {
            let archive = try TarArchive(path, byteLimit: Self.archiveByteLimit)
            let first = archive.names.first { $0.contains("/") } ?? ""
            self = .archive(archive, folder: String(first.prefix { $0 != "/" }))
            return
        }
        let names = try FileBytes.names(inFolder: path)
        let isOuter = names.count == 1 && FileBytes.isFolder("\(path)/\(names[0])")
        self = .folder(isOuter ? "\(path)/\(names[0])" : path)
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
