using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using DePin.Host;
using DePin.Tools.Api;

namespace DePin.Tools.Commands;

/// <summary>depin register: makes nodes known to the backend.</summary>
internal static class RegisterCommand
{
    private static readonly Argument<string?> File = new("file") { Description = "JSON file: one node or an array of nodes", Arity = ArgumentArity.ZeroOrOne, HelpName = "FILE.json" };
    private static readonly Option<string?> Fleet = new("--fleet") { Description = "Folder of a virtual fleet; it is made where it is missing", HelpName = "FOLDER" };
    private static readonly Option<int?> Nodes = CommonOptions.Number("--nodes", "How many nodes of the fleet; 12 unless given", 1, 10_000);
    private static readonly Option<string> Data = CommonOptions.Data();

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = false,
    };

    public static Command Create()
    {
        var command = new TaughtCommand(
            "register",
            "Registers nodes with operator, place and agreement; the same node with other content is refused.",
            "A node in the file:\n"
            + "  {\"publicKey\": \"66 hex digits\", \"loginPassword\": \"64 hex digits\", \"downKey\": \"64 hex digits\", \"profile\": \"lamp-small\",\n"
            + "   \"operator\": \"amina\", \"capitalBuilder\": \"ngo-1\", \"place\": \"Kisumu 12\", \"latitude\": -0.09, \"longitude\": 34.77,\n"
            + "   \"agreement\": {\"operator\": 7000, \"capitalBuilder\": 3000}}\n\n"
            + "Examples:\n  tools/depin register node.json\n  tools/depin register --fleet data/more --nodes 3")
        {
            File, Fleet, Nodes, Data,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        IReadOnlyList<NodeRegistration> nodes = (parsed.GetValue(File), parsed.GetValue(Fleet)) switch
        {
            ({ } file, null) => ReadFile(file),
            (null, { } folder) => await ReadFleetAsync(Path.GetFullPath(folder), parsed.GetValue(Nodes) ?? 12),
            _ => throw CommandException.WrongInput("Name either a FILE.json or --fleet FOLDER: what should be registered?"),
        };
        using FleetApi api = FleetApi.Open(parsed.GetValue(Data)!);
        int made = await api.RegisterAsync(nodes, cancellationToken);
        await parsed.InvocationConfiguration.Output.WriteLineAsync($"Registered: {made}; known already: {nodes.Count - made}.");
        return 0;
    }

    private static IReadOnlyList<NodeRegistration> ReadFile(string path)
    {
        try
        {
            string text = System.IO.File.ReadAllText(path);
            NodeRegistration[]? nodes = text.TrimStart().StartsWith('[')
                ? JsonSerializer.Deserialize<NodeRegistration[]>(text, Json)
                : [JsonSerializer.Deserialize<NodeRegistration>(text, Json)!];
            return nodes is { Length: > 0 } ? nodes : throw new JsonException("it holds no node");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            throw CommandException.WrongInput($"{path} holds no registrations ({problem.Message.TrimEnd('.')}): nothing was registered; 'tools/depin register --help' shows the form.");
        }
    }

    private static async Task<IReadOnlyList<NodeRegistration>> ReadFleetAsync(string folder, int nodes)
    {
        try
        {
            await using VirtualFleet fleet = VirtualFleet.Open(SimulateCommand.FleetIn(folder, nodes));
            return [.. fleet.Registrations.Select((node, index) => NodeRegistration.OfVirtualNode(node, index, null))];
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidDataException)
        {
            throw CommandException.WrongInput(problem.Message);
        }
    }
}
