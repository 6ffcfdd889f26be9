namespace OpenClaw.Operator.Api;

/// <summary>Short ways to write rows of the table.</summary>
internal static class Row
{
    public const string QuantityPattern = @"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";
    /// <summary>Host, port and path; a colon in the last part would be a tag.</summary>
    public const string RepositoryPattern = @"^(([^/@ ]+/)*[^/:@ ]+)?$";
    public const string TagPattern = "^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$";
    public const string DigestPattern = "^([a-z0-9]+:[0-9a-fA-F]+)?$";
    public const string RegistryPattern = @"^((\[[0-9a-fA-F:]+\]|[^/:@ ]+)(:[0-9]+)?(/[^/:@ ]+)*/?)?$";
    public const string RangePattern = "^[0-9a-fA-F.:]+/[0-9]{1,3}$";
    public const string LabelPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

    public const string DurationPattern = @"^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$";

    public static ApiField Text(string path, string does, string? standard = null, params string[] words) =>
        new(path, FieldKind.Text, does) { Default = standard, Words = [.. words] };

    public static ApiField Name(string path, string does) => new(path, FieldKind.Text, does) { IsRequired = true, MinLength = 1, MaxLength = 253 };

    public static ApiField Flag(string path, string does, bool? standard = null) =>
        new(path, FieldKind.Flag, does) { Default = standard switch { true => "true", false => "false", _ => null } };

    public static ApiField Number(string path, string does, string? standard = null, long? min = null, long? max = null) =>
        new(path, FieldKind.Integer, does) { Default = standard, Min = min, Max = max };

    public static ApiField Port(string path, string does, string? standard = null) => Number(path, does, standard, 1, 65535);

    public static ApiField Quantity(string path, string does, string? standard = null) =>
        new(path, FieldKind.Quantity, does) { Default = standard, Pattern = QuantityPattern };

    public static ApiField Duration(string path, string does, string standard) =>
        new(path, FieldKind.Text, does) { Default = standard, Pattern = DurationPattern, MaxLength = 32, Form = "a duration such as 90s or 1h30m" };

    /// <summary>Registry and name of an image.</summary>
    public static ApiField Repository(string path, string does, string? standard = null) =>
        Text(path, does, standard) with { Pattern = RepositoryPattern, Form = "registry and name only, such as ghcr.io/team/image; a tag has a field of its own" };

    public static ApiField Tag(string path, string does, string? standard = null) => Text(path, does, standard) with { Pattern = TagPattern, MaxLength = 128, Form = "a tag such as 1.2.3" };

    public static ApiField Digest(string path, string does) => Text(path, does) with { Pattern = DigestPattern, Form = "a digest such as sha256:4f5e…" };

    public static ApiField Registry(string path, string does) => Text(path, does) with { Pattern = RegistryPattern, Form = "host, port and path only, such as mirror.example.com:5000/cache" };

    /// <summary>Address ranges.</summary>
    public static ApiField Ranges(string path, string does) => Texts(path, does) with { Pattern = RangePattern, MaxLength = 64, Form = "an address range such as 10.0.0.0/8 or 192.0.2.7/32" };

    public static ApiField Texts(string path, string does, int? most = null, bool isSet = false) =>
        new(path, FieldKind.Texts, does) { MaxItems = most, IsSet = isSet };

    public static ApiField Map(string path, string does, int? most = null) => new(path, FieldKind.TextMap, does) { MaxItems = most };

    public static ApiField Group(string path, string does) => new(path, FieldKind.Object, does);

    public static ApiField Groups(string path, string does, int? most = null, string? key = null) => new(path, FieldKind.Objects, does) { MaxItems = most, Key = key };

    public static ApiField Any(string path, string does) => new(path, FieldKind.Any, does);

    public static ApiField AnyList(string path, string does, int? most = null, string? key = null) => new(path, FieldKind.AnyList, does) { MaxItems = most, Key = key };

    /// <summary>Repository, tag and digest of a container beside the gateway.</summary>
    public static IEnumerable<ApiField> Image(string path, string repository, string tag) =>
    [
        Group(path, "Its image."),
        Repository(path + ".repository", "Registry and name.", repository),
        Tag(path + ".tag", "The tag; not read when a digest is given.", tag),
        Digest(path + ".digest", "sha256:…; stands over the tag."),
    ];

    /// <summary>Requests and limits, of any resource that nodes offer.</summary>
    public static IEnumerable<ApiField> Resources(string path, string requests, string limits) =>
    [
        Group(path, "What it may use. Any resource a node offers: cpu, memory, ephemeral-storage, nvidia.com/gpu, …"),
        new(path + ".requests", FieldKind.QuantityMap, "What is set aside for it.") { Default = requests },
        new(path + ".limits", FieldKind.QuantityMap, "What it cannot exceed.") { Default = limits },
    ];

    /// <summary>All of <paramref name="rows"/> as accepted, not built, with one sentence.</summary>
    public static IEnumerable<ApiField> NotYet(string instead, IEnumerable<ApiField> rows) =>
        rows.Select(r => r with { State = FieldState.NotYet, Instead = instead });

    public static IEnumerable<ApiField> Needless(string instead, IEnumerable<ApiField> rows) =>
        rows.Select(r => r with { State = FieldState.Needless, Instead = instead });
}
