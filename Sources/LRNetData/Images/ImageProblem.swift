/// The reason why an image cannot be read. The caller adds the image's name.
package struct ImageProblem: Error, Equatable {
    /// The reason, in the library's own words if a library reported it.
    package let message: String

    package init(_ message: String) {
        self.message = message
    }
}
