using System.CommandLine;
using DePin.Tools.Api;

namespace DePin.Tools.Commands;

/// <summary>Which backend is asked, and as whom: the one that runs on a data folder, or one somewhere else with a token in a file.</summary>
internal static class ApiOptions
{
    private static readonly Option<string> Data = CommonOptions.Data();
    private static readonly Option<string?> Backend = new("--backend") { Description = "Address of a backend elsewhere, such as https://fleet.example; needs --token-file", HelpName = "URL" };
    private static readonly Option<string?> TokenFile = CommonOptions.ExistingFile("--token-file", "File with the API token; the data folder's own unless given");

    /// <summary>Adds them to a command.</summary>
    public static void AddTo(Command command)
    {
        command.Add(Data);
        command.Add(Backend);
        command.Add(TokenFile);
    }

    /// <summary>The interface that they name.</summary>
    public static FleetApi Open(ParseResult parsed)
    {
        string? token = parsed.GetValue(TokenFile) is { } file ? ReadToken(file) : null;
        if (parsed.GetValue(Backend) is not { } address)
        {
            return FleetApi.Open(parsed.GetValue(Data)!, token);
        }

        if (token is null)
        {
            throw CommandException.WrongInput("--backend needs --token-file: a manager makes a token on the backend's account page.");
        }

        return Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            ? FleetApi.At(uri, token)
            : throw CommandException.WrongInput($"--backend takes an https address, or http on this machine, not '{address}'.");
    }

    private static string ReadToken(string file)
    {
        string token = System.Text.Encoding.UTF8.GetString(Release.BundleFile.Bounded(file, 4096, "a token file")).Trim();
        return token.Length > 0 && token.All(c => c is > ' ' and <= '~') ? token : throw CommandException.WrongInput($"{file} holds no API token.");
    }
}
