using DePin.Fleet.People;
using DePin.Tests.Pairing;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Web;

/// <summary>The pages of pairing for people who see or move otherwise, judged by axe in a real browser.</summary>
public sealed class AccessTests
{
    [Fact]
    public async Task The_pages_of_pairing_have_no_serious_barrier()
    {
        await using PairingRig rig = await PairingRig.StartAsync(forBrowser: true);
        (TestNode node, string label) = await rig.RegisterAsync();
        using (PagesClient everything = await PagesClient.JoinedAsync(rig.Backend, "everything", RoleNames.Together))
        {
            await rig.PairAsync(node, label, everything);
        }

        (_, string other) = await rig.RegisterAsync();
        await using Browser browser = await Browser.StartAsync();
        IPage phone = await browser.OpenAsync(isPhone: true);
        string address = rig.Backend.Http.BaseAddress!.ToString().TrimEnd('/');
        await JudgeAsync(phone, address + other);
        await phone.GotoAsync(address + "/sign-in?back=/nodes");
        await phone.GetByLabel("Name", new() { Exact = true }).FillAsync("everything");
        await phone.GetByLabel("Password").FillAsync(PagesClient.Password);
        await phone.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await phone.GetByText(node.Id.ToString()).WaitForAsync();
        foreach (string page in (string[])[other, "/pair", "/nodes", $"/nodes/{node.Id}"])
        {
            await JudgeAsync(phone, address + page);
        }

        await phone.GotoAsync(address + other);
        await phone.GetByLabel("Name of the site").FillAsync("Kisumu 12");
        await phone.GetByLabel("Degrees north").FillAsync("1");
        await phone.GetByLabel("Degrees east").FillAsync("1");
        await phone.GetByRole(AriaRole.Button, new() { Name = "Pair it" }).ClickAsync();
        await phone.GetByText("Waiting for the node").WaitForAsync();
        await JudgeAsync(phone, null);
    }

    private static async Task JudgeAsync(IPage page, string? address)
    {
        if (address is not null)
        {
            await page.GotoAsync(address);
        }

        await Axe.JudgeAsync(page);
    }
}
