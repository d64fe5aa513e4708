import LRNetSupport

/// The images of one split with their classes, from a tree with one folder per class or from a
/// list.
struct ImageList {
    /// The folder that paths are relative to.
    let root: String

    /// The images, in the order of their paths or of the list.
    let files: [ImageFile]

    let classes: Int

    /// The class names by label; `nil` if a list numbers the classes.
    let classNames: [String]?

    /// The identity of each image's file, by position; see ``ImageTree/file(_:label:)``.
    let places: [ByteName]

    /// The entries of a tree that are not images: `pics/.DS_Store: hidden`.
    var leftOut: [String] = []

    /// The largest valid label: far more than any data set has.
    private static let highestLabel: Int32 = 1 << 20 - 1

    /// Finds the images of a tree.
    ///
    /// Every folder in `root` is a class, in the order of the names' bytes. Every file at any depth
    /// below it is an image, regardless of its name. Hidden names and names used by operating
    /// systems are left out.
    ///
    /// - Parameter known: The class names, if another split has defined them.
    /// - Throws: ``Failure``: 65 for a class without images, an unknown class, and a link that
    ///   leads out of the tree; 66 if there are no classes.
    static func tree(
        _ root: String, known: [String]? = nil, followsLinks: Bool
    ) throws -> ImageList {
        var tree = try ImageTree(root, followsLinks: followsLinks)
        let names = try tree.folderNames()
        guard !names.isEmpty else {
            throw Failure(
                call: "import", subject: root,
                message: "contains no folder; use one folder per class, or specify a --list",
                exitStatus: .inputMissing)
        }
        if known == nil { try checkLevel(tree, names) }
        let classNames = known ?? names
        let numbers = Dictionary(
            classNames.enumerated().map { (ByteName($1), Int32($0)) },
            uniquingKeysWith: { first, _ in first })
        var files: [(file: ImageFile, place: ByteName)] = []
        for name in names {
            guard let label = numbers[ByteName(name)] else {
                throw Failure(
                    call: "import", subject: "\(root)/\(name)",
                    message: "is not a class of the training images; rename the folder to one of "
                        + "their classes, or move it elsewhere",
                    exitStatus: .badData)
            }
            let paths = try tree.paths(below: name)
            guard !paths.isEmpty else {
                throw Failure(
                    call: "import", subject: "\(root)/\(name)",
                    message: "is a class without images; add images, or move the folder elsewhere",
                    exitStatus: .badData)
            }
            files += try paths.map { try tree.file($0, label: label) }
        }
        return ImageList(
            root: root, files: files.map(\.file), classes: classNames.count,
            classNames: classNames, places: files.map(\.place), leftOut: tree.leftOut)
    }

    /// The names of folders that contain a split, not a class.
    private static let splitNames: Set = ["train", "val", "valid", "validation", "test"]

    /// Rejects the parent folder of the trees, whose splits would become classes.
    private static func checkLevel(_ tree: ImageTree, _ names: [String]) throws {
        guard names.count == 1 || Set(names).isSubset(of: splitNames) else { return }
        for name in names where try !tree.containsOnlyFolders(name) { return }
        let split = names.contains("train") ? "train" : names[0]
        throw FailureSite("import", tree.root).badData(
            "has only \(names.map { "'\($0)'" }.joined(separator: ", ")) as classes, with further "
                + "folders inside; did you mean --train "
                + "\(PathText.shellWord("\(tree.root)/\(split)"))?")
    }

    /// Reads a list. Each line has a path relative to `root`, blanks, and a label from 0.
    ///
    /// - Parameter known: The number of classes and their names, if another split has defined them.
    /// - Throws: ``Failure``: 65 for an invalid line, a class without images, and a path that leads
    ///   out of the tree; 66 for a missing image.
    static func list(
        _ list: String, root: String, known: (classes: Int, names: [String]?)? = nil,
        followsLinks: Bool
    ) throws -> ImageList {
        let tree = try ImageTree(root, followsLinks: followsLinks)
        var files: [(file: ImageFile, place: ByteName)] = []
        for line in try ImageListLine.lines(of: list) {
            guard let value = line.label, value <= highestLabel else {
                throw Failure(
                    call: "import", subject: "\(list) line \(line.number)",
                    message: "'\(line.text)' is not a path and a label from 0 to \(highestLabel); "
                        + "write one of each per line", exitStatus: .badData)
            }
            if let known, value >= known.classes {
                throw Failure(
                    call: "import", subject: "\(list) line \(line.number)",
                    message: "label \(value) is outside 0...\(known.classes - 1), the classes of "
                        + "the training images; correct it", exitStatus: .badData)
            }
            files.append(try tree.file(line.path, label: value))
        }
        guard !files.isEmpty else {
            throw Failure(
                call: "import", subject: list,
                message: "lists no images; write a path and a label per line",
                exitStatus: .badData)
        }
        let classes = known?.classes ?? Int(files.map(\.file.label).max() ?? 0) + 1
        if known == nil {
            let present = Set(files.map(\.file.label))
            if let missing = (0..<Int32(classes)).first(where: { !present.contains($0) }) {
                throw Failure(
                    call: "import", subject: list,
                    message: "class \(missing) of 0...\(classes - 1) has no image; number the "
                        + "classes without gaps", exitStatus: .badData)
            }
        }
        return ImageList(
            root: root, files: files.map(\.file), classes: classes, classNames: known?.names,
            places: files.map(\.place))
    }
}
