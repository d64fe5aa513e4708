import LRNetSupport

/// Names in an image tree that do not belong to it: hidden names, and names that operating systems
/// add to every folder.
enum LeftOut {
    private static let reasons = [
        "@eadir": "previews of a Synology disk station", "#recycle": "a recycle bin",
        "@recycle": "a recycle bin", "$recycle.bin": "a recycle bin", "#snapshot": "snapshots",
        "__macosx": "metadata of macOS", "thumbs.db": "previews of Windows",
        "ehthumbs.db": "previews of Windows", "desktop.ini": "settings of Windows",
        "system volume information": "metadata of Windows", "lost+found": "of the file system",
    ]

    /// Returns the reason why a name is left out; `nil` if it is not.
    static func reason(_ name: String) -> String? {
        if name.utf8.first == UInt8(ascii: ".") { return "hidden" }
        return reasons[name.lowercased()]
    }
}
