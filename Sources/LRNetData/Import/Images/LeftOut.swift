import LRNetSupport

/// Names in a tree of pictures that do not belong to it: hidden ones, and those that systems put
/// into every folder.
enum LeftOut {
    private static let reasons = [
        "@eadir": "previews of a Synology disk station", "#recycle": "a recycle bin",
        "@recycle": "a recycle bin", "$recycle.bin": "a recycle bin", "#snapshot": "snapshots",
        "__macosx": "metadata of macOS", "thumbs.db": "previews of Windows",
        "ehthumbs.db": "previews of Windows", "desktop.ini": "settings of Windows",
        "system volume information": "metadata of Windows", "lost+found": "of the file system",
    ]

    /// Why a name is left out; `nil` for one that is not.
    static func reason(_ name: String) -> String? {
        if name.utf8.first == UInt8(ascii: ".") { return "hidden" }
        return reasons[name.lowercased()]
    }
}
