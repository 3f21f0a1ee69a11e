//! Motions: titles, texts, and how they appeal to an ordinary voter, in thousandths.

/// A motion's title, what it wants, why, and its appeal.
pub struct MotionText {
    /// Title.
    pub title: &'static str,
    /// What is to be agreed on.
    pub wants: &'static str,
    /// Why.
    pub why: &'static str,
    /// How many of a thousand ordinary voters agree.
    pub appeal: u64,
}

const fn motion(title: &'static str, wants: &'static str, why: &'static str, appeal: u64) -> MotionText {
    MotionText { title, wants, why, appeal }
}

/// The motions of the demo network.
pub const MOTIONS: &[MotionText] = &[
    motion(
        "Publish node statistics per data center",
        "Node providers publish failure and block rates per data center every month.",
        "Replacements of nodes are hard to judge without comparable figures.",
        820,
    ),
    motion(
        "Adopt a code of conduct for known neurons",
        "Known neurons publish their reasons within three days of a vote on Governance.",
        "Followers delegate their power and should learn what is done with it.",
        640,
    ),
    motion(
        "Raise the reject cost to 50 ICP",
        "The cost of a rejected proposal is raised from 25 to 50 ICP.",
        "Three advertising proposals in a quarter cost every reader time.",
        470,
    ),
    motion(
        "Lower the minimum stake to 0.5 ICP",
        "A neuron can be staked with half an ICP.",
        "Small holders should take part.",
        390,
    ),
    motion(
        "Extend the voting period over public holidays",
        "Between 20 December and 3 January proposals on Governance stay open for eight days.",
        "Turnout halves in these two weeks.",
        505,
    ),
    motion(
        "Weekly summary of subnet load in the open",
        "Load, state size and cycles burnt per subnet are published weekly in a machine-readable form.",
        "Dapp developers choose subnets blindly today.",
        880,
    ),
    motion(
        "Fund translations of the governance documentation",
        "Translations into Japanese, Portuguese, Turkish and Vietnamese are commissioned.",
        "Most voters do not read English first.",
        700,
    ),
    motion(
        "Pause new generation-1 nodes",
        "No further generation-1 nodes are added while more than 15 % of them are unassigned.",
        "Idle nodes earn full rewards.",
        760,
    ),
    motion(
        "Rename 'dissolve delay' to 'lock time'",
        "Interfaces and documents say 'lock time' instead of 'dissolve delay'.",
        "Newcomers stumble over the term.",
        300,
    ),
    motion(
        "Reserve one subnet for public goods",
        "One application subnet is run with reduced cycle costs for libraries, archives and open data.",
        "Public goods cannot pay commercial storage prices.",
        560,
    ),
    motion(
        "Support for post-quantum signatures by 2028",
        "The roadmap names a release in which user signatures may be ML-DSA.",
        "Migration takes years and should begin before it is urgent.",
        905,
    ),
    motion(
        "Half-yearly review of the eight-year bonus",
        "The bonus of former eight-year neurons is reviewed twice a year until it ends.",
        "It was introduced as a transition.",
        540,
    ),
    motion(
        "Give every voter a badge",
        "Voters receive a collectible badge for each year of participation.",
        "Recognition is cheap.",
        250,
    ),
    motion(
        "Limit following depth to three",
        "A vote is passed on along at most three followees.",
        "Long chains hide who really decides.",
        430,
    ),
    motion(
        "Standard format for rewards statements",
        "Clients offer voting rewards as CSV with one agreed set of columns.",
        "Tax offices ask for it, and every client invents its own.",
        840,
    ),
    motion(
        "Bounty for reproducible builds on ARM",
        "A bounty of 20,000 XDR is paid for reproducing the GuestOS image on ARM machines.",
        "More reviewers could rebuild what they vote on.",
        690,
    ),
    motion(
        "Send 1 % of rewards to my project",
        "One per cent of voting rewards goes to our marketing fund for a year.",
        "We have many followers!!!",
        20,
    ),
    motion(
        "Quarterly open call with the node operators",
        "Operators answer questions in a public call four times a year.",
        "Problems surface late today.",
        870,
    ),
];
