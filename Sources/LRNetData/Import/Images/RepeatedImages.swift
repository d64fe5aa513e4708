import LRNetSupport

/// A check for images that are in two splits or in two classes, or that may be both held out and
/// trained on.
enum RepeatedImages {
    /// Rejects such images, regardless of the path that leads to them.
    ///
    /// - Parameters:
    ///   - name: The name of the training list or tree in messages.
    ///   - test: The images of the test split, if there is one, and its name in messages.
    ///   - hasHoldout: True if training images are held out for validation.
    /// - Throws: ``Failure`` (65) that names the image.
    static func check(
        _ train: ImageList, named name: String, test: (list: ImageList, name: String)?,
        hasHoldout: Bool
    ) throws {
        let trained = try firstUses(of: train, named: name, mustBeUnique: hasHoldout)
        guard let test else { return }
        _ = try firstUses(of: test.list, named: test.name, mustBeUnique: false)
        for (file, place) in zip(test.list.files, test.list.places) {
            guard let position = trained[place] else { continue }
            throw FailureSite("import", "\(test.list.root)/\(file.path)").badData(
                "is in the test split (\(test.name)) and in the train split (\(name), as "
                    + "\(train.root)/\(train.files[position].path)); take it out of one of them")
        }
    }

    private static func firstUses(
        of list: ImageList, named name: String, mustBeUnique: Bool
    ) throws -> [ByteName: Int] {
        var uses: [ByteName: Int] = [:]
        uses.reserveCapacity(list.files.count)
        for (position, file) in list.files.enumerated() {
            let place = list.places[position]
            guard let first = uses[place] else {
                uses[place] = position
                continue
            }
            let site = FailureSite("import", "\(list.root)/\(file.path)")
            let other = list.files[first].path
            let twice =
                "is in \(name) twice"
                + (other == file.path ? "" : " (also as \(list.root)/\(other))")
            guard list.files[first].label == file.label else {
                throw site.badData(
                    "\(twice), with labels \(list.files[first].label) and "
                        + "\(file.label); take one out")
            }
            guard !mustBeUnique else {
                throw site.badData(
                    "\(twice), so that it could be trained on and held out for "
                        + "validation; take one out, or leave out --validation")
            }
        }
        return uses
    }
}
