import LRNetKernels
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct SafeTensorsTests {
    private func sample() -> SafeTensors {
        var file = SafeTensors()
        file.metadata = ["step": "7", "a \"b\"": "c/d \\ é"]
        file.add("conv.weight", type: .int8, shape: [2, 3], values: [-1, 0, 1, 127, -128, 5])
        file.add("conv.scale", type: .float32, shape: [1], values: [0.1])
        file.add("empty", type: .float32, shape: [0, 4], values: [])
        file.add(
            "bn/mean", type: .float32, shape: [3],
            values: [-.infinity, .leastNonzeroMagnitude, -0.0])
        return file
    }

    @Test func `tensors and metadata survive writing and reading`() throws {
        let file = sample()
        let bytes = try file.bytes()
        let again = try SafeTensors(bytes: bytes, file: "f")
        #expect(again.metadata == file.metadata)
        #expect(again.tensors == file.tensors)
        #expect(
            again.tensors["bn/mean"]?.values.map(\.bitPattern)
                == file.tensors["bn/mean"]?.values.map(\.bitPattern))
        #expect(try file.bytes() == bytes)
        #expect(try again.bytes().count == bytes.count)
        let none = try SafeTensors(bytes: SafeTensors().bytes(), file: "f")
        #expect(none.tensors.isEmpty && none.names.isEmpty)
    }

    /// Other programs rely on this layout.
    @Test func `the header is aligned to eight bytes, and four-byte tensors come first`() throws {
        let bytes = try sample().bytes()
        let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length % 8 == 0)
        #expect(bytes[8] == UInt8(ascii: "{"))
        #expect(bytes.count == 8 + length + 4 + 12 + 6)
        // The six int8 values come last.
        #expect(Array(bytes.suffix(6)) == [255, 0, 1, 127, 128, 5])
    }

    private func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 8)
        for i in 0..<8 { bytes[i] = UInt8(truncatingIfNeeded: header.utf8.count >> (8 * i)) }
        return bytes + Array(header.utf8) + data
    }

    private func refusal(_ bytes: [UInt8]) -> String {
        do {
            _ = try SafeTensors(bytes: bytes, file: "f")
            return "accepted"
        } catch let failure as Failure {
            #expect(failure.exitStatus == .badData)
            #expect(failure.call == "safetensors" && failure.subject == "f")
            return failure.message
        } catch {
            return "another error: \(error)"
        }
    }

    @Test func `every truncated file is refused, and so is a longer one`() throws {
        let bytes = try sample().bytes()
        for count in 0..<bytes.count {
            #expect(refusal(Array(bytes.prefix(count))) != "accepted", "\(count) bytes")
        }
        #expect(refusal(bytes + [0]) != "accepted")
    }

    /// The reader may accept some of the damaged headers.
    @Test func `no flipped bit of the header crashes the reader`() throws {
        let bytes = try sample().bytes()
        var refusals = 0
        for byte in 0..<bytes.count - 22 {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[byte] ^= 1 << UInt8(bit)
                let refusal = refusal(damaged)
                #expect(!refusal.hasPrefix("another error"), "byte \(byte) bit \(bit): \(refusal)")
                if refusal != "accepted" { refusals += 1 }
            }
        }
        #expect(refusals > 1000)
    }

    @Test(arguments: [
        "[]", "12", "\"text\"", "{", "", "{\"a\": 1}", "{\"a\": {}}",
        #"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#,
        #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[8,0]}}"#,
        #"{"a":{"dtype":"I8","shape":[8],"data_offsets":[-8,0]}}"#,
        #"{"a":{"dtype":"I8","shape":[8],"data_offsets":[0]}}"#,
        #"{"a":{"dtype":"I8","shape":[8.5],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"I8","shape":["8"],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"I8","shape":8,"data_offsets":[0,8]}}"#,
        // Products of sizes that exceed the range of Int.
        #"{"a":{"dtype":"I8","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"I8","shape":[9223372036854775807,2,0],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"I8","shape":[1e40],"data_offsets":[0,8]}}"#,
        // Bytes that belong to no tensor, or to two.
        #"{"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}}"#,
        #"{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}}"#,
    ])
    func `headers that do not describe the data are refused`(header: String) {
        #expect(refusal(file(header, data: Array(0..<8))) != "accepted", "\(header)")
    }

    @Test func `a valid header of another writer is read`() throws {
        let header =
            #"{"b":{"data_offsets":[4,8],"shape":[],"dtype":"F32"} , "a":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}  "#
        let read = try SafeTensors(
            bytes: file(header, data: [1, 2, 255, 0, 0, 0, 128, 63]), file: "f")
        #expect(read.tensors["a"]?.values == [1, 2, -1, 0])
        #expect(read.tensors["b"]?.values == [1])
        #expect(read.names == ["a", "b"])
    }

    @Test func `files with an impossible length are refused with the cause`() {
        #expect(refusal([]) == "is an empty file; get it again")
        #expect(refusal([1, 2, 3]) == "is too short for a safetensors file")
        let huge = [UInt8](repeating: 255, count: 16)
        #expect(refusal(huge).hasPrefix("is truncated: a header of 18446744073709551615 bytes"))
    }

    /// The limit of the reference library. Such a header is not parsed.
    @Test func `headers of more than 100 million bytes are refused`() {
        let length = 100_000_001
        var bytes = [UInt8](repeating: UInt8(ascii: " "), count: 8 + length)
        for i in 0..<8 { bytes[i] = UInt8(truncatingIfNeeded: length >> (8 * i)) }
        #expect(
            refusal(bytes)
                == "has a header of 100000001 bytes, but safetensors headers have at most "
                + "100000000")
    }

    @Test(arguments: [
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            "tensor a has the byte range 4 to 12, but the file has 8 bytes of tensors"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
            "tensor a has 8 bytes for F32 of shape [3]"
        ),
        (
            #"{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}}"#,
            "tensor b, at 4, overlaps another"
        ),
        (
            #"{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}}"#,
            "tensor b, at 4, leaves a gap before it"
        ),
        (
            #"{"a":{"dtype":"I8","shape":[8]}}"#,
            "tensor a lacks a dtype, shape or pair of offsets"
        ),
    ])
    func `the message for an invalid header names tensor and cause`(
        header: String, message: String
    ) {
        #expect(refusal(file(header, data: Array(0..<8))) == message)
    }

    @Test(arguments: [
        (
            Array("version https://git-lfs.github.com/spec/v1\n".utf8),
            "is a Git LFS pointer, not the file itself; run git lfs pull in its repository"
        ),
        (
            Array("<!DOCTYPE html><html>".utf8),
            "is an HTML page instead of the expected file; download the file itself"
        ),
        (
            [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 30),
            "is a zip archive, as written by torch.save; save the state dictionary with "
                + "safetensors.torch.save_file"
        ),
    ])
    func `files of other kinds are refused with their kind`(bytes: [UInt8], message: String) {
        #expect(refusal(bytes) == message)
    }

    @Test func `a tensor of an unsupported type is listed and the others are read`() throws {
        let header =
            #"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U32","shape":[],"data_offsets":[4,8]},"c":{"dtype":"I8","shape":[2],"data_offsets":[8,10]}}"#
        let read = try SafeTensors(bytes: file(header, data: Array(0..<10)), file: "f")
        #expect(read.names == ["c"] && read.tensors["c"]?.values == [8, 9])
        #expect(read.unread.map { "\($0.name) \($0.dtype)" } == ["a F8_E4M3", "b U32"])
    }

    /// The values are 1.5, -2 and 0 if the type has these, and others if not.
    @Test(arguments: [
        ("F64", [1.5, -2, 0], [0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0]),
        ("F16", [1.5, -2, 0], [0x00, 0x3E, 0x00, 0xC0]),
        ("BF16", [1.5, -2, 0], [0xC0, 0x3F, 0, 0xC0]),
        ("I16", [258, -2, 0], [2, 1, 0xFE, 0xFF]),
        ("I32", [258, -2, 0], [2, 1, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]),
        (
            "I64", [258, -2, 0],
            [2, 1, 0, 0, 0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        ), ("U8", [255, 2, 0], [255, 2]), ("BOOL", [1, 1, 0], [1, 1]),
    ])
    func `tensors of types that only other programs write are read`(
        type: String, values: [Float], bytes: [UInt8]
    ) throws {
        let size = bytes.count / 2
        let header =
            "{\"a\":{\"dtype\":\"\(type)\",\"shape\":[3],\"data_offsets\":[0,\(3 * size)]}}"
        let read = try SafeTensors(
            bytes: file(header, data: bytes + [UInt8](repeating: 0, count: size)), file: "f")
        #expect(read.tensors["a"]?.values == values)
        #expect(read.tensors["a"]?.type.rawValue == type)
    }
}
