using System.CommandLine;
using System.Text.Json.Nodes;
using DePin.Tools.Api;

namespace DePin.Tools.Commands;

/// <summary>depin purchase: records what was bought, so that boards of it can be flashed.</summary>
internal static class PurchaseCommand
{
    private static readonly Argument<string> Name = new("run") { Description = "Name of the production run", HelpName = "RUN" };
    private static readonly Option<string> Profile = new("--profile") { Description = "Hardware profile", HelpName = "NAME", Required = true };
    private static readonly Option<int?> Bought = CommonOptions.Number("--bought", "How many boards were paid for", 1, 100_000);
    private static readonly Option<int?> Price = CommonOptions.Number("--unit-price-usd-cents", "What one cost, US cents", 0, 100_000_000);
    private static readonly Option<string> Payer = new("--payer") { Description = "Account name of who paid", HelpName = "NAME", Required = true };
    private static readonly Option<string> Invoice = new("--invoice") { Description = "What the purchase stands on", HelpName = "TEXT", Required = true };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints the run as one JSON object");
    private static readonly Option<string> Data = CommonOptions.Data();

    public static Command Create()
    {
        var command = new TaughtCommand(
            "purchase",
            "Records a purchase: boards are registered for one only, no more of them than were bought, and not above the profile's price ceiling.",
            "Example:\n  tools/depin purchase run-2026-01 --profile lamp-small --bought 100 --unit-price-usd-cents 2400 --payer ngo-1 --invoice 2026/17")
        {
            Name, Profile, Bought, Price, Payer, Invoice, Json, Data,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(Bought) is not { } bought || parsed.GetValue(Price) is not { } price)
            {
                throw CommandException.WrongInput("Say with --bought how many there are and with --unit-price-usd-cents what one cost.");
            }

            using FleetApi api = FleetApi.Open(parsed.GetValue(Data)!);
            JsonNode run = await api.PostAsync(
                "api/production-runs",
                new { name = parsed.GetValue(Name), profile = parsed.GetValue(Profile), bought, unitPriceUsdCents = price, payer = parsed.GetValue(Payer), invoice = parsed.GetValue(Invoice) },
                cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                parsed.GetValue(Json) ? run.ToJsonString() : $"{run["name"]}: {run["registered"]} of {run["bought"]} {run["profile"]} are registered. Flash them with 'tools/depin flash --run {run["name"]} ...'.");
            return 0;
        });
        return command;
    }
}
