import LRNetSupport

/// The pictures of one split, with their classes: a tree with a folder a class, or a list.
struct ImageList {
    /// The folder that paths start from.
    let root: String

    /// The pictures, in order of their paths, or of the list.
    let files: [ImageFile]

    /// The number of classes.
    let classes: Int

    /// The classes' names, by label; `nil` if a list numbers them.
    let classNames: [String]?

    /// What tells whether pictures are the same file, by position: see ``ImageTree/file(_:label:)``.
    let places: [ByteName]

    /// What a tree holds besides its pictures: `pics/.DS_Store: hidden`.
    var leftOut: [String] = []

    /// Far more than any set has: a number beyond it is no label.
    private static let highestLabel: Int32 = 1 << 20 - 1

    /// Finds the pictures of a tree.
    ///
    /// Every folder in `root` is a class, in order of the names' bytes; every file at any depth
    /// below it is a picture, whatever its name. Hidden names and those of systems are left out.
    ///
    /// - Parameter known: The classes' names, if another split has defined them.
    /// - Throws: ``Failure`` (65) for a class without pictures, a class that is not known, and
    ///   a link that leads out of the tree; (66) if there is no class at all.
    static func tree(
        _ root: String, known: [String]? = nil, followsLinks: Bool
    ) throws -> ImageList {
        var tree = try ImageTree(root, followsLinks: followsLinks)
        let names = try tree.folderNames()
        guard !names.isEmpty else {
            throw Failure(
                call: "import", subject: root,
                message: "holds no folder; a tree has one folder a class, or name a --list",
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
                    message:
                        "is not a class of the training pictures; give the folder a name of theirs, or move "
                        + "it elsewhere",
                    exitStatus: .badData)
            }
            let paths = try tree.paths(below: name)
            guard !paths.isEmpty else {
                throw Failure(
                    call: "import", subject: "\(root)/\(name)",
                    message: "is a class without pictures; fill the folder or move it elsewhere",
                    exitStatus: .badData)
            }
            files += try paths.map { try tree.file($0, label: label) }
        }
        return ImageList(
            root: root, files: files.map(\.file), classes: classNames.count,
            classNames: classNames, places: files.map(\.place), leftOut: tree.leftOut)
    }

    /// Names of folders that hold a split, not a class.
    private static let splitNames: Set = ["train", "val", "valid", "validation", "test"]

    /// Refuses the folder above a tree, whose splits would become its classes.
    private static func checkLevel(_ tree: ImageTree, _ names: [String]) throws {
        guard names.count == 1 || Set(names).isSubset(of: splitNames) else { return }
        for name in names where try !tree.holdsFoldersAlone(name) { return }
        let split = names.contains("train") ? "train" : names[0]
        throw FailureSite("import", tree.root).badData(
            "has only \(names.map { "'\($0)'" }.joined(separator: ", ")) as classes, with further "
                + "folders inside; did you mean --train "
                + "\(PathText.shellWord("\(tree.root)/\(split)"))?")
    }

    /// Reads a list: a line is a path from `root`, blanks, and a label from 0.
    ///
    /// - Parameter known: The number of classes and their names, if another split has defined them.
    /// - Throws: ``Failure`` (65) for a line that is not so, a class without pictures, and a
    ///   path that leads out of the tree; ``Failure`` (66) for a missing picture.
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
                        + "write one of each a line", exitStatus: .badData)
            }
            if let known, value >= known.classes {
                throw Failure(
                    call: "import", subject: "\(list) line \(line.number)",
                    message: "label \(value) is outside 0...\(known.classes - 1), the classes of "
                        + "the training pictures; correct it", exitStatus: .badData)
            }
            files.append(try tree.file(line.path, label: value))
        }
        guard !files.isEmpty else {
            throw Failure(
                call: "import", subject: list,
                message: "lists no picture; write a path and a label a line", exitStatus: .badData)
        }
        let classes = known?.classes ?? Int(files.map(\.file.label).max() ?? 0) + 1
        if known == nil {
            let present = Set(files.map(\.file.label))
            if let missing = (0..<Int32(classes)).first(where: { !present.contains($0) }) {
                throw Failure(
                    call: "import", subject: list,
                    message: "class \(missing) of 0...\(classes - 1) has no picture; number the "
                        + "classes without gaps", exitStatus: .badData)
            }
        }
        return ImageList(
            root: root, files: files.map(\.file), classes: classes, classNames: known?.names,
            places: files.map(\.place))
    }
}
