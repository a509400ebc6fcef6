using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using DePin.Fleet.Approvals;
using DePin.Fleet.Ledger;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Money;

/// <summary>The pages over money: accounts, payouts, terms. Managers change things, with a second one where two are needed; auditors look.</summary>
internal static class MoneyRoutes
{
    // Beside the file: boundaries, the token, the reason.
    private const long FormBytes = 64 * 1024;

    /// <summary>GET /money, /money/payouts, /money/terms; POST /money/changes/{id}, /money/payouts, /money/payouts/results, /money/terms/tariff, /money/terms/agreement.</summary>
    public static void MapMoney(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/money", (HttpContext context, MoneyDesk desk, string q = "", string owing = "", string after = "") => desk.Accounts(context, q, owing == "1", after)).Needs(Access.WholeFleet);
        routes.MapGet("/money/payouts", (HttpContext context, MoneyDesk desk) => desk.Payouts(context, null)).Needs(Access.WholeFleet);
        routes.MapGet("/money/terms", (HttpContext context, MoneyDesk desk, string node = "") => desk.Terms(context, node, null, null)).Needs(Access.WholeFleet);
        routes.MapPost("/money/changes/{id:long}", DecideAsync).Needs(Roles.Manager);
        routes.MapPost("/money/payouts", ProposePayoutAsync).Needs(Roles.Manager);
        routes.MapPost("/money/payouts/results", ImportAsync).Needs(Roles.Manager).WithMetadata(new UploadLimit(PayoutRoutes.MaxFileBytes + FormBytes));
        routes.MapPost("/money/terms/tariff", (HttpContext context, Caller caller, MoneyDesk desk, Changes changes) => TermsAsync(context, caller, desk, changes, "tariff")).Needs(Roles.Manager);
        routes.MapPost("/money/terms/agreement", (HttpContext context, Caller caller, MoneyDesk desk, Changes changes) => TermsAsync(context, caller, desk, changes, "agreement")).Needs(Roles.Manager);
    }

    private static async Task<IResult> DecideAsync(HttpContext context, long id, Caller caller, Changes changes, MoneyDesk desk)
    {
        string decision = (await SignInRoutes.FormAsync(context))?["decision"].ToString() ?? "";
        if (decision is not ("approve" or "withdraw"))
        {
            return desk.Accounts(context, "", owing: false, "", new Said(MoneyWords.Of("Change.Choose"), StatusCodes.Status400BadRequest));
        }

        (_, int status, Sentence? problem) = await changes.DecideAsync(id, decision == "approve", caller.Name);
        return desk.Accounts(context, "", owing: false, "", new Said(problem?.Told() ?? MoneyWords.Of(decision == "approve" ? "Change.Approved" : "Change.Withdrawn"), status));
    }

    private static async Task<IResult> ProposePayoutAsync(HttpContext context, Caller caller, Changes changes, MoneyDesk desk)
    {
        IFormCollection? form = await SignInRoutes.FormAsync(context);
        string reason = form?["reason"].ToString().Trim() ?? "";
        if (Amounts.MicroOf(form?["minimum"].ToString() ?? "") is not { } minimum || minimum == 0 || Bounds.Reason(reason) is not null)
        {
            return desk.Payouts(context, new Said(MoneyWords.Of("Payout.Wrong"), StatusCodes.Status400BadRequest));
        }

        string content = JsonSerializer.Serialize(new NewPayout(minimum.ToString(CultureInfo.InvariantCulture)), JsonSerializerOptions.Web);
        (_, int status, Sentence? problem) = await changes.ProposeAsync("payout", content, reason, caller.Name);
        return desk.Payouts(context, new Said(problem?.Told() ?? MoneyWords.Of("Change.Proposed"), status));
    }

    private static async Task<IResult> ImportAsync(HttpContext context, StoreWriter writer, TimeProvider clock, MoneyDesk desk)
    {
        IFormFile? file = context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(context.RequestAborted)).Files["results"] : null;
        if (file is null or { Length: 0 or > PayoutRoutes.MaxFileBytes })
        {
            return desk.Payouts(context, new Said(MoneyWords.Of("Payout.NoFile"), StatusCodes.Status400BadRequest));
        }

        using var reader = new StreamReader(file.OpenReadStream(), System.Text.Encoding.UTF8);
        (PayoutResults? results, Sentence? problem, int status) = await PayoutRoutes.TakeAsync(await reader.ReadToEndAsync(context.RequestAborted), writer, clock);
        return desk.Payouts(context, new Said(problem?.Told() ?? MoneyWords.Of("Payout.Imported", results!.Results, results.Changed), status));
    }

    // Seen first, then proposed with a reason.
    private static async Task<IResult> TermsAsync(HttpContext context, Caller caller, MoneyDesk desk, Changes changes, string kind)
    {
        if (await SignInRoutes.FormAsync(context) is not { } form)
        {
            return desk.Terms(context, "", new Said(MoneyWords.Of("Terms.NoForm"), StatusCodes.Status400BadRequest), null);
        }

        (NewTariff? tariff, string? problem) = kind == "tariff" ? TermsForm.Tariff(form) : (null, null);
        (NewAgreement? agreement, string? otherProblem) = kind == "agreement" ? TermsForm.Agreement(form) : (null, null);
        string node = form["node"].ToString();
        if ((problem ?? otherProblem) is { } wrong)
        {
            return desk.Terms(context, node, new Said(wrong, StatusCodes.Status400BadRequest), null);
        }

        string reason = form["reason"].ToString().Trim();
        if (form["step"] != "propose")
        {
            return desk.Preview(context, node, tariff, agreement, form);
        }

        if (Bounds.Reason(reason) is not null)
        {
            return desk.Terms(context, node, new Said(MoneyWords.Of("Change.NoReason"), StatusCodes.Status400BadRequest), null);
        }

        string content = tariff is not null ? JsonSerializer.Serialize(tariff, JsonSerializerOptions.Web) : JsonSerializer.Serialize(agreement, JsonSerializerOptions.Web);
        (_, int status, Sentence? refused) = await changes.ProposeAsync(kind, content, reason, caller.Name);
        return desk.Terms(context, node, new Said(refused?.Told() ?? MoneyWords.Of("Change.Proposed"), status), null);
    }
}

/// <summary>What a page says of the form before.</summary>
internal sealed record Said(string Words, int Status);
