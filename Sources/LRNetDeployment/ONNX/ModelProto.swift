/// An ONNX file.
struct ModelProto: ProtobufMessage, ProtobufReadable {
    var irVersion: Int
    /// The operator set of the domain `ai.onnx`.
    var opset: Int
    /// The other domains in use, in version 1.
    var domains: [String] = []
    var graph: GraphProto
    var metadata: [String: String]

    static let producer = "lrnet-dist"

    private struct OperatorSet: ProtobufMessage, ProtobufReadable {
        /// Empty for `ai.onnx`.
        var domain = ""
        var version = 0

        func write(to encoder: inout ProtobufEncoder) {
            encoder.text(1, domain)
            encoder.integer(2, version)
        }

        init(domain: String = "", version: Int) {
            self.domain = domain
            self.version = version
        }

        init(decoding bytes: ArraySlice<UInt8>) throws {
            try ProtobufDecoder.read("OperatorSetIdProto", bytes) { field in
                switch field.number {
                case 1: domain = try field.text()
                case 2: version = try field.integer()
                default: throw field.refusal
                }
            }
        }
    }

    private struct Property: ProtobufMessage, ProtobufReadable {
        var key = ""
        var value = ""

        func write(to encoder: inout ProtobufEncoder) {
            encoder.text(1, key)
            encoder.text(2, value)
        }

        init(key: String, value: String) {
            self.key = key
            self.value = value
        }

        init(decoding bytes: ArraySlice<UInt8>) throws {
            try ProtobufDecoder.read("StringStringEntryProto", bytes) { field in
                switch field.number {
                case 1: key = try field.text()
                case 2: value = try field.text()
                default: throw field.refusal
                }
            }
        }
    }

    func write(to encoder: inout ProtobufEncoder) {
        encoder.integer(1, irVersion)
        encoder.text(2, Self.producer)
        encoder.message(7, graph)
        encoder.message(8, OperatorSet(version: opset))
        encoder.messages(8, domains.map { OperatorSet(domain: $0, version: 1) })
        encoder.messages(
            14, metadata.sorted { $0.key < $1.key }.map { Property(key: $0.key, value: $0.value) })
    }
}

extension ModelProto {
    init(decoding bytes: ArraySlice<UInt8>) throws {
        self.init(irVersion: 0, opset: 0, graph: GraphProto(name: ""), metadata: [:])
        try ProtobufDecoder.read("ModelProto", bytes) { field in
            switch field.number {
            case 1: irVersion = try field.integer()
            case 2: _ = try field.text()
            case 7: graph = try field.message()
            case 8:
                let set: OperatorSet = try field.message()
                if set.domain.isEmpty { opset = set.version } else { domains.append(set.domain) }
            case 14:
                let property: Property = try field.message()
                metadata[property.key] = property.value
            default: throw field.refusal
            }
        }
    }
}
