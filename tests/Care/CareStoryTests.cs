using System.Net;
using DePin.Fleet.People;
using DePin.Tests.Money;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Care;

/// <summary>Tickets and disputes in real Chromium: an operator says no to a refusal, somebody else answers, a manager closes what was put right.</summary>
public sealed class CareStoryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_operator_disputes_a_refusal_and_a_manager_answers_and_closes_a_ticket(bool isPhone)
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        await using Browser browser = await Browser.StartAsync();
        string where = isPhone ? "phone" : "desk", node = rig.Nodes[1].Id.ToString();
        IPage njeri = await SignedInAsync(browser, rig, "njeri", Roles.Operator, isPhone);
        await njeri.GotoAsync($"{rig.Backend.Http.BaseAddress}nodes/{node}/readings");
        await njeri.GetByText("I do not agree").First.ClickAsync();
        await njeri.GetByLabel("What do you know that the figures do not?").First.FillAsync("the lamp was repaired that day");
        await njeri.GetByRole(AriaRole.Button, new() { Name = "Dispute it" }).First.ClickAsync();
        await Assertions.Expect(njeri.GetByRole(AriaRole.Status)).ToHaveTextAsync("The dispute is open; an answer is due within 14 days.");
        await Assertions.Expect(njeri.GetByText("the lamp was repaired that day")).ToBeVisibleAsync();
        await Assertions.Expect(njeri.GetByRole(AriaRole.Button, new() { Name = "Answer" })).ToHaveCountAsync(0);
        await JudgeAsync(njeri, $"operator-{where}");

        IPage mary = await SignedInAsync(browser, rig, "mary", Roles.Manager, isPhone);
        await mary.GotoAsync($"{rig.Backend.Http.BaseAddress}care");
        await mary.GetByLabel("The verdict").SelectOptionAsync("put right");
        await mary.GetByLabel("Why", new() { Exact = true }).Last.FillAsync("the visit shows it");
        await mary.GetByRole(AriaRole.Button, new() { Name = "Answer" }).ClickAsync();
        await Assertions.Expect(mary.GetByRole(AriaRole.Status)).ToHaveTextAsync("The answer is kept.");
        int tickets = await mary.GetByRole(AriaRole.Button, new() { Name = "Close" }).CountAsync();
        await mary.GetByLabel("In words").First.FillAsync("a new battery");
        await mary.GetByRole(AriaRole.Button, new() { Name = "Close" }).First.ClickAsync();
        await Assertions.Expect(mary.GetByRole(AriaRole.Status)).ToHaveTextAsync("The ticket is closed.");
        await Assertions.Expect(mary.GetByRole(AriaRole.Button, new() { Name = "Close" })).ToHaveCountAsync(tickets - 1);
        await JudgeAsync(mary, $"manager-{where}");

        await njeri.GotoAsync($"{rig.Backend.Http.BaseAddress}language/fr?back=/care");
        await Assertions.Expect(njeri.GetByText("est corrigé : the visit shows it")).ToBeVisibleAsync();
        await JudgeAsync(njeri, $"operator-french-{where}");
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task What_is_wrong_with_a_form_is_said_and_nothing_is_changed()
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        using PagesClient njeri = await PagesClient.JoinedAsync(rig.Backend, "njeri", Roles.Operator), mary = await PagesClient.JoinedAsync(rig.Backend, "mary", Roles.Manager);
        string node = rig.Nodes[1].Id.ToString(), readings = $"/nodes/{node}/readings";
        await SaysAsync(njeri, readings, $"/nodes/{node}/disputes", HttpStatusCode.BadRequest, "A dispute has 1 to 500 printable characters", ("reading", "1"), ("text", " "));
        await SaysAsync(njeri, readings, $"/nodes/{node}/disputes", HttpStatusCode.Conflict, "Reading 999 of node", ("reading", "999"), ("text", "no"));
        await SaysAsync(njeri, readings, "/nodes/0000000000000000/disputes", HttpStatusCode.NotFound, "There is no node", ("reading", "1"), ("text", "no"));
        await SaysAsync(mary, "/care", "/care/tickets/999/close", HttpStatusCode.NotFound, "There is no open ticket 999.", ("closing", "repaired"), ("note", "done"));
        await SaysAsync(mary, "/care", "/care/tickets/999/close", HttpStatusCode.BadRequest, "To close a ticket takes one of", ("closing", "magic"), ("note", "done"));
        await SaysAsync(mary, "/care", "/care/disputes/999/answer", HttpStatusCode.NotFound, "There is no dispute 999.", ("outcome", "stands"), ("answer", "no"));
        Assert.Equal(HttpStatusCode.BadRequest, (await mary.GetAsync("/care?tickets=strange")).Status);
    }

    private static async Task SaysAsync(PagesClient person, string page, string to, HttpStatusCode status, string says, params (string Name, string Value)[] fields)
    {
        (HttpStatusCode answered, string text) = await person.SubmitAsync(page, fields.ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal), to);
        Assert.Equal(status, answered);
        Assert.Contains(says, WebUtility.HtmlDecode(text), StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", text, StringComparison.Ordinal);
    }

    private static async Task<IPage> SignedInAsync(Browser browser, MoneyRig rig, string name, Roles role, bool isPhone)
    {
        (await PagesClient.JoinedAsync(rig.Backend, name, role)).Dispose();
        IPage page = await browser.OpenAsync(isPhone);
        await Browser.SignInAsync(page, rig.Backend, name, "/care");
        return page;
    }

    private static async Task JudgeAsync(IPage page, string picture)
    {
        Assert.False(await Browser.IsTooWideAsync(page), $"{page.Url} is wider than the screen");
        await Browser.PictureAsync(page, picture, "care");
        await Axe.JudgeAsync(page);
    }
}
