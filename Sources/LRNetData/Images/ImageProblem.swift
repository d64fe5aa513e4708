/// Why a picture cannot be read; who knows the picture's name adds it.
package struct ImageProblem: Error, Equatable {
    /// What is wrong, in the library's words where it is a library that says so.
    package let message: String

    package init(_ message: String) {
        self.message = message
    }
}
